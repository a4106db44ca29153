import type { Plugin } from 'vite';
import { embeddedCorpus as readCorpus } from '../../src/corpus/corpus.ts';

/** Where the page finds the text that trilu learns when it is given none. */
const fileName = 'moby-dick.txt';

/** Serves the embedded corpus as a file of the app, straight from its package. */
export function embeddedCorpus(): Plugin {
  return {
    name: 'embedded-corpus',
    configureServer(server) {
      server.middlewares.use(`/${fileName}`, (_request, response, next) => {
        readCorpus().then(({ text }) => {
          response.setHeader('Content-Type', 'text/plain; charset=utf-8');
          response.end(text);
        }, next);
      });
    },
    async generateBundle() {
      if (this.environment.name !== 'client') return;
      this.emitFile({ type: 'asset', fileName, source: (await readCorpus()).text });
    },
  };
}
