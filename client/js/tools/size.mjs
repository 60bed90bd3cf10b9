// What an app downloads: the library as a bundler leaves it, gzipped, without MQTT.js. At most 20 kB.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 20_000;
const { outputFiles } = await build({
  stdin: { contents: "export * from './dist/index.js'", resolveDir: process.cwd() },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  external: ['mqtt', 'react'],
  write: false,
});
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
console.log(`${bytes} bytes gzipped, of at most ${LIMIT}`);
process.exit(bytes <= LIMIT ? 0 : 1);
