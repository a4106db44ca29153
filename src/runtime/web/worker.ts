import { serve } from '../remote-server.ts';
import { openHere } from './open-here.ts';
import { useAddresses } from './runtime-modules.ts';
import type { PageMessage } from './worker-messages.ts';

// The file that runs in the module worker of a page, with all of its sessions (`trilu/web/worker`).
const answer = serve(
  (model, options = {}) => openHere(model, options, false),
  (reply, transfer) => postMessage(reply, { transfer: [...transfer] }),
);

addEventListener('message', ({ data }: MessageEvent<PageMessage>) => {
  if ('addresses' in data) useAddresses(data.addresses);
  else void answer(data);
});
