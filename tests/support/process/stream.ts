import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Patience } from '../../../viewer/foxglove/client.ts';
import { RunOffer } from '../../../viewer/foxglove/run-offer.ts';
import { startFoxglove } from '../../../viewer/foxglove/server.ts';
import { until } from './foxglove-client.ts';

/** A run that is offered over the Foxglove WebSocket protocol, without a page. */
export interface Stream {
  readonly run: RunOffer;
  readonly url: string;
  readonly clientCount: number;
  wantsEpisode(): boolean;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startStream(patience?: Patience): Promise<Stream> {
  const run = new RunOffer();
  const clients = startFoxglove(run.offer, patience);
  const http = createServer();
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    clients.accept(request, socket, head);
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  return {
    run,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    get clientCount() {
      return clients.clientCount;
    },
    wantsEpisode: () => run.wantsEpisode(clients.clientCount > 0),
    close: async () => {
      clients.close();
      await new Promise<void>((done) => {
        http.close(() => done());
        http.closeAllConnections();
      });
    },
  };
}

/** What a client asks for when it wants a websocket. */
export const HANDSHAKE: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** A client of raw TCP that never reads what it subscribed to. */
export async function deafClient(stream: Stream): Promise<Socket> {
  const { port, hostname } = new URL(stream.url);
  const before = stream.clientCount;
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const request = [
    'GET / HTTP/1.1',
    `Host: ${hostname}:${port}`,
    ...HANDSHAKE,
    'Sec-WebSocket-Protocol: foxglove.sdk.v1',
  ];
  socket.write(`${request.join('\r\n')}\r\n\r\n`);
  await until('the deaf client', () => stream.clientCount === before + 1);
  socket.pause();
  const subscriptions = Array.from({ length: 30 }, (_, i) => ({ id: i + 1, channelId: i + 1 }));
  socket.write(websocketFrame(1, Buffer.from(JSON.stringify({ op: 'subscribe', subscriptions }))));
  return socket;
}

/** One websocket frame of a client (RFC 6455, 5.2), masked with zeros. */
export function websocketFrame(opcode: number, payload: Buffer, final = true): Buffer {
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  head[0] |= 0x80;
  return Buffer.concat([Buffer.of((final ? 0x80 : 0) | opcode), Buffer.from(head), Buffer.alloc(4), payload]);
}
