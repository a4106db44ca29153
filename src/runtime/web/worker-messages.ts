import type { Request } from '../remote-protocol.ts';
import type { RuntimeAddresses } from './runtime-modules.ts';

/** What a page sends to its worker: first where onnxruntime-web is, then calls. */
export type PageMessage = { readonly addresses: RuntimeAddresses } | Request;
