// The demo app as one script: node build.mjs OUTPUT.js. The library is taken from its sources, React from Preact.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/main.tsx')],
  outfile: process.argv[2] ?? here('dist/app.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'eof',
  jsx: 'automatic',
  tsconfig: here('tsconfig.json'),
  alias: {
    'mosquitto-sync': here('../../client/js/src/index.ts'),
    'mosquitto-sync/react': here('../../client/js/src/react.ts'),
    react: 'preact/compat',
    'react/jsx-runtime': 'preact/jsx-runtime',
    'react-dom/client': 'preact/compat/client',
  },
  logLevel: 'warning',
});
