import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { NamedFile } from '../models/model-info.ts';
import { filesOfInput, filesOfTransfer } from './dropped-files.ts';

interface FileDropProps {
  /** What may be dropped, in a few words. */
  readonly children: ComponentChildren;
  /** What the button for files is called. */
  readonly label: string;
  /** Endings that the dialog offers, such as `.onnx,.zip`. */
  readonly accept?: string;
  /** Whether a folder may be chosen as well; it may be dropped always. */
  readonly folder?: boolean;
  readonly disabled?: boolean;
  onFiles(files: readonly NamedFile[]): void;
}

/** A place to drop files or folders on, and buttons that choose them for whoever does not drag. */
export function FileDrop({ children, label, accept, folder = false, disabled = false, onFiles }: FileDropProps) {
  const over = useSignal(false);
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement): void => {
    const chosen = filesOfInput(input);
    // The same file may be chosen again, after it has changed.
    input.value = '';
    if (chosen.length > 0) onFiles(chosen);
  };
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    over.value = false;
    if (disabled || event.dataTransfer === null) return;
    const dropped = await filesOfTransfer(event.dataTransfer);
    if (dropped.length > 0) onFiles(dropped);
  };
  return (
    <section
      class={over.value ? 'drop over' : 'drop'}
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => void drop(event)}
    >
      <p>{children}</p>
      <div class="buttons">
        <button type="button" disabled={disabled} onClick={() => files.current?.click()}>
          {label}
        </button>
        {folder && (
          <button type="button" disabled={disabled} onClick={() => folders.current?.click()}>
            Choose a folder
          </button>
        )}
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        accept={accept}
        aria-label={label}
        onChange={(event) => take(event.currentTarget)}
      />
      {folder && (
        <input
          ref={folders}
          type="file"
          hidden
          aria-label="Choose a folder"
          {...{ webkitdirectory: true }}
          onChange={(event) => take(event.currentTarget)}
        />
      )}
    </section>
  );
}
