/** Socket of an external policy: a websocket server that is asked in text messages. */
import { WebSocket } from 'ws';
import { ANSWER_MAX_BYTES, type Connection, type Listener } from './connection.ts';

/** Connects to a server. */
export const connectSocket =
  (url: string) =>
  ({ message, ended }: Listener): Connection => {
    const socket = new WebSocket(url, { maxPayload: ANSWER_MAX_BYTES });
    const early: string[] = [];
    socket.on('open', () => {
      for (const text of early.splice(0)) socket.send(text);
    });
    socket.on('message', (data) => message(String(data)));
    socket.on('error', (error) => ended(`the connection to ${url} broke: ${error.message}`));
    socket.on('close', (code) => ended(`the connection to ${url} was closed with ${code}`));
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.CONNECTING) early.push(text);
        else if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => socket.close(),
    };
  };
