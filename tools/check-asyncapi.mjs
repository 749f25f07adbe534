// Reads an AsyncAPI document with its own parser; says every diagnostic, and fails on errors and warnings.
import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';

const path = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(path, 'utf8'));
const wrong = diagnostics.filter((one) => one.severity <= 1);
for (const one of wrong) {
  console.error(`${path}:${one.range.start.line + 1} ${one.code}: ${one.message} (${one.path.join('.')})`);
}
if (!document || wrong.length > 0) process.exit(1);
console.log(`${path}: ${document.allMessages().length} messages in ${document.allChannels().length} channels`);
