/** Makes the built app work without a network; in development files change too often to be kept. */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // Once the page is there: what it needs first comes first.
  window.addEventListener('load', () => {
    keepFiles().catch((error: unknown) => {
      // A browser may forbid it, in private windows for instance; everything but being offline works all the same.
      console.info(`The app will need a network next time: ${String(error)}`);
    });
  });
}

async function keepFiles(): Promise<void> {
  await navigator.serviceWorker.register('./service-worker.js');
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    document.documentElement.dataset.offline = 'ready';
    port1.close();
  };
  active?.postMessage('keep', [port2]);
}
