// What a Node program does all day: documents, workers, files, ciphers, packing, connections, children.
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');
const zlib = require('zlib');
const { execFile } = require('child_process');
const { promisify } = require('util');
const { pipeline } = require('stream/promises');

const digest = (value) =>
  crypto.createHash('sha256').update(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).digest('hex').slice(0, 16);

function documents(seed, count) {
  let state = seed;
  const next = (n) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
  return Array.from({ length: count }, (_, id) => ({ id, name: 'abcdefghij'.repeat(next(9)).slice(next(40)), numbers: Array.from({ length: next(9) }, () => next(1000)) }));
}

if (!isMainThread) {
  const kept = [];
  for (let n = 0; n < 4000; n++) {
    const block = Buffer.allocUnsafeSlow(100 + (n % 1500)).fill(n % 256);
    if (n % 8 === 0) kept.push(block);
  }
  const packed = zlib.gzipSync(JSON.stringify(documents(workerData, 1500)));
  parentPort.postMessage({ digest: digest(zlib.gunzipSync(packed)), kept: digest(Buffer.concat(kept)) });
} else {
  const say = (name, ...values) => process.stdout.write(name + ' ' + values.join(' ') + '\n');
  (async () => {
    const text = JSON.stringify(documents(1, 15000));
    say('texts', text.length, digest(text), (text.match(/([a-j])[a-j]\1/g) || []).length);

    const replies = await Promise.all(Array.from({ length: 6 }, (_, n) => new Promise((resolve, reject) => {
      new Worker(__filename, { workerData: n + 1 }).once('message', resolve).once('error', reject);
    })));
    say('workers', digest(replies));

    const kept = [];
    for (let n = 0; n < 40000; n++) {
      const block = Buffer.allocUnsafeSlow(16 + (n % 1000)).fill(n % 256);
      if (n % 8 === 0) kept.push(block);
    }
    say('kept', digest(Buffer.concat(kept)));

    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'node-'));
    const names = Array.from({ length: 60 }, (_, n) => path.join(folder, `file${n}`));
    await Promise.all(names.map((name, n) => fs.promises.writeFile(name, `line ${n}\n`.repeat(n * 50))));
    const read = await Promise.all(names.map((name) => fs.promises.readFile(name, 'utf8')));
    say('files', digest(read), (await Promise.all(names.map((name) => fs.promises.stat(name)))).reduce((sum, s) => sum + s.size, 0));
    await Promise.all(names.slice(40).map((name) => pipeline(fs.createReadStream(name), zlib.createGzip(), zlib.createGunzip(), fs.createWriteStream(name + '.copy'))));
    say('streams', digest(names.slice(40).map((name) => fs.readFileSync(name + '.copy', 'utf8'))));
    fs.rmSync(folder, { recursive: true });

    const keys = await Promise.all(Array.from({ length: 8 }, (_, n) => promisify(crypto.pbkdf2)('secret' + n, 'salt', 2000, 32, 'sha512')));
    const sealed = keys.map((key, n) => {
      const cipher = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12, n));
      return Buffer.concat([cipher.update(text.slice(0, 50000)), cipher.final(), cipher.getAuthTag()]);
    });
    const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256' });
    say('ciphers', digest(Buffer.concat(sealed)), crypto.verify('sha256', sealed[0], publicKey, crypto.sign('sha256', sealed[0], privateKey)));
    const packed = await Promise.all(sealed.map((b) => promisify(zlib.brotliCompress)(b, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })));
    say('packed', digest(Buffer.concat(await Promise.all(packed.map((b) => promisify(zlib.brotliDecompress)(b))))));

    const server = http.createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () => response.end(Buffer.concat([...parts, ...parts])));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => new Promise((resolve, reject) => {
      const request = http.request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part)).on('end', () => resolve(digest(Buffer.concat(parts))));
      });
      request.on('error', reject);
      request.end(Buffer.alloc(1000 * n, n));
    })));
    server.close();
    say('connections', digest(answers));

    const children = await Promise.all(Array.from({ length: 6 }, (_, n) => promisify(execFile)('/bin/sh', ['-c', `echo said ${n}; echo wrong ${n} >&2`])));
    say('children', digest(children));
    process.exitCode = 4;
  })();
}
