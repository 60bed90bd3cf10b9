// The package as npm would publish it: publint, and whether TypeScript finds its types (arethetypeswrong).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { checkPackage, Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
const [{ name, version, files }] = Object.values(JSON.parse(packed.slice(packed.search(/^[[{]/m))));
const contents = files.map(({ path }) => [`/node_modules/${name}/${path}`, readFileSync(path, 'utf8')]);

const { messages, pkg } = await publint({ pkgDir: process.cwd(), strict: true });
const problems = messages.map((message) => formatMessage(message, pkg));
const types = await checkPackage(new Package(Object.fromEntries(contents), name, version));
// An ESM-only package is no fault, and node10 knows no `exports`.
const fine = (problem) => problem.resolutionKind === 'node10' || problem.kind === 'CJSResolvesToESM';
for (const problem of (types.problems ?? []).filter((each) => !fine(each)))
  problems.push(JSON.stringify(problem));
if (!types.types) problems.push('it has no types');

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'publint and attw find nothing' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
