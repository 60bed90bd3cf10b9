// Debian's Chromium with a profile on disk, and a page on loopback that holds one contender.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const library = join(here, '../../client/js/src/index.ts');

/** `file` of this folder with all that it imports, as a text. */
export async function bundle(file, platform) {
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const { outputFiles } = await build({
    entryPoints: [join(here, file)],
    alias: { 'mosquitto-sync': library },
    bundle: true,
    format: platform === 'node' ? 'esm' : 'iife',
    globalName: 'contender',
    platform,
    target: 'es2022',
    minify: platform === 'browser',
    define: platform === 'browser' ? { global: 'globalThis', 'process.env.NODE_ENV': '"production"' } : {},
    banner: platform === 'node' ? { js: require } : {},
    logLevel: 'error',
    write: false,
  });
  return outputFiles[0].text;
}

export class Browser {
  constructor(profile) {
    this.profile = profile;
    this.scripts = new Map();
  }

  async start(contenders) {
    for (const [name, file] of Object.entries(contenders)) this.scripts.set(`/${name}.js`, await bundle(file, 'browser'));
    this.server = createServer(({ url }, response) => {
      const script = this.scripts.get(url);
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
      response.end(script ?? `<!doctype html><title>bench</title><script src="${url}.js"></script>`);
    });
    await new Promise((ready) => this.server.listen(0, '127.0.0.1', ready));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    this.context.setDefaultTimeout(0);
  }

  /** Calls the contender's function in a page of its own. */
  async run(name, call, options) {
    const page = await this.context.newPage();
    page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load') && console.error(`${name}: ${message.text()}`));
    await page.goto(`${this.origin}/${name}`);
    const result = await page.evaluate(([what, given]) => globalThis.contender[what](given), [call, options]);
    await page.close();
    return result;
  }

  async stop() {
    await this.context?.close();
    this.server?.close();
  }
}
