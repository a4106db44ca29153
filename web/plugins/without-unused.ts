import type { Plugin } from 'vite';

/** Modules that the app never comes to, by the ends of their paths, and what stands in their places. */
const unused: readonly (readonly [module: RegExp, instead: string])[] = [
  // 64-bit integers for protobufjs: trilu's own codec never calls them, and they are a quarter of it.
  [/[\\/]node_modules[\\/]long[\\/]/, 'export default null;'],
  // The worker of trilu/web: the app opens its models in a worker of its own.
  [
    /[\\/]src[\\/]runtime[\\/]web[\\/]start-worker\.ts$/,
    'export function startWorker() { throw new Error("sessions live in the engine here"); }',
  ],
];

/** Leaves out what would be fetched for nothing. */
export function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      return unused.find(([module]) => module.test(id.split('?')[0] ?? ''))?.[1];
    },
  };
}
