// Loaded into each Node process of a recorded run (NODE_OPTIONS=--require): fetch and http(s) of
// versions that cannot take a proxy from the environment go through the recording proxy. It changes
// how connections are opened and nothing else; where anything is unusual it leaves Node as it is.
'use strict';

(() => {
  if (process.allowedNodeEnvironmentFlags.has('--use-env-proxy')) return; // Node does it itself
  const proxy = process.env.HTTPS_PROXY || process.env.HTTP_PROXY;
  if (!proxy || !proxy.startsWith('http://')) return;
  const { hostname, port } = new URL(proxy);
  const direct = (process.env.NO_PROXY || '').split(',').map((s) => s.trim()).filter(Boolean);

  const isDirect = (host, number) => direct.includes(host) || direct.includes(`${host}:${number}`);

  // A socket to host:number through a tunnel of the proxy: callback(error, socket).
  function tunnel(host, number, callback) {
    const http = require('node:http');
    const target = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${number}`;
    const request = http.request({
      host: hostname, port: Number(port), method: 'CONNECT', path: target, agent: false,
      headers: { host: target },
    });
    request.once('connect', (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        callback(new Error(`the proxy answered ${response.statusCode} to CONNECT ${target}`));
        return;
      }
      if (head.length) socket.unshift(head);
      callback(null, socket);
    });
    request.once('error', (error) => callback(error));
    request.end();
  }

  function secure(socket, host, options, callback) {
    const tls = require('node:tls');
    const net = require('node:net');
    const bare = host.replace(/^\[|\]$/g, '');
    const name = options.servername || (net.isIP(bare) ? '' : bare);
    const secured = tls.connect({ ALPNProtocols: ['http/1.1'], ...options, socket, host: bare,
      servername: name });
    const failed = (error) => callback(error);
    secured.once('error', failed);
    secured.once('secureConnect', () => {
      secured.removeListener('error', failed);
      callback(null, secured);
    });
  }

  function connectFor(plain) {
    return (options, callback) => {
      const isTls = options.protocol === 'https:';
      const number = options.port || (isTls ? 443 : 80);
      if (isDirect(options.hostname, number)) return plain(options, callback);
      tunnel(options.hostname, number, (error, socket) => {
        if (error) callback(error, null);
        else if (!isTls) callback(null, socket);
        else secure(socket, options.hostname, { servername: options.servername }, callback);
      });
      return undefined;
    };
  }

  function directly(options, callback) {
    const isTls = options.protocol === 'https:';
    const number = Number(options.port || (isTls ? 443 : 80));
    const socket = require('node:net').connect({ host: options.hostname, port: number });
    const failed = (error) => callback(error, null);
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.removeListener('error', failed);
      if (isTls) secure(socket, options.hostname, {}, callback);
      else callback(null, socket);
    });
  }

  const KEY = Symbol.for('undici.globalDispatcher.1');
  const original = globalThis.fetch;
  if (typeof original === 'function') {
    let ready = false;
    const prepare = () => {
      ready = true;
      try {
        // The first call loads the built-in client, whose Agent is to be had in no other way.
        original('data:,').catch(() => {});
        const current = globalThis[KEY];
        if (!current || current.constructor.name !== 'Agent') return; // the program has set its own
        globalThis[KEY] = new current.constructor({ connect: connectFor(directly) });
      } catch { /* left as it is */ }
    };
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
    Object.defineProperty(globalThis, 'fetch', {
      configurable: true,
      enumerable: descriptor ? descriptor.enumerable : true,
      writable: true,
      value: function fetch(input, init) {
        if (!ready) prepare();
        return original(input, init);
      },
    });
  }

  // node:http and node:https through their global agents; a program's own agents are left alone.
  function patch(moduleName, isTls) {
    const agent = require(moduleName).globalAgent;
    const plain = agent.createConnection;
    agent.createConnection = function createConnection(options, callback) {
      const host = options.host || options.hostname || 'localhost';
      const number = options.port || (isTls ? 443 : 80);
      if (options.socketPath || !callback || isDirect(host, number)) {
        return plain.call(this, options, callback);
      }
      tunnel(host, number, (error, socket) => {
        if (error) callback(error);
        else if (!isTls) callback(null, socket);
        else secure(socket, host, { ...options, path: undefined, socketPath: undefined }, callback);
      });
      return undefined;
    };
  }
  patch('node:http', false);
  patch('node:https', true);
})();
