import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Environment, findEnvironment } from '../shared/environment.ts';

/** What the machine lends, told quietly: the device that `auto` takes, threads, and how to get more. */
export function Footer() {
  const environment = useSignal<Environment | undefined>(undefined);
  useEffect(() => {
    void findEnvironment().then((found) => {
      environment.value = found;
    });
  }, []);
  return (
    <footer class="foot">
      <p>Everything is computed in this page. Nothing you type leaves it.</p>
      {environment.value !== undefined && <Notice {...environment.value} />}
    </footer>
  );
}

function Notice({ webgpu, threads, canReload }: Environment) {
  const device = webgpu === undefined ? 'No WebGPU here: models run on WebAssembly' : `WebGPU: ${webgpu}`;
  return (
    <p>
      {device}
      {`; ${threads === 1 ? 'one thread' : `${threads} threads`} of WebAssembly. `}
      {canReload && (
        <a href={location.href} onClick={() => location.reload()}>
          Reload to use all cores.
        </a>
      )}
    </p>
  );
}
