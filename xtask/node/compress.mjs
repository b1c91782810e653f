// compress.mjs write FOLDER  writes .br and .gz beside every file that gains by it
// compress.mjs size FILE     prints the file's size in brotli
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

// woff2 is compressed inside.
const COMPRESSIBLE = new Set(['.css', '.js', '.svg', '.wasm']);

function brotli(content) {
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

const [verb, path] = process.argv.slice(2);
if (verb === 'write') {
  for (const file of files(path)) {
    if (!COMPRESSIBLE.has(extname(file))) continue;
    const content = readFileSync(file);
    writeFileSync(`${file}.br`, brotli(content));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
} else if (verb === 'size') {
  console.log(brotli(readFileSync(path)).length);
} else {
  console.error('usage: compress.mjs write FOLDER | size FILE');
  process.exitCode = 2;
}
