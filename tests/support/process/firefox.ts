import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';

const NAMES = [...(process.env.GRAFT_FIREFOX ? [process.env.GRAFT_FIREFOX] : []), 'firefox-esr', 'firefox'];

function works(name: string, option: string): boolean {
  try {
    execFileSync(name, [option], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const program = NAMES.find((name) => works(name, '--version'));

export const hasFirefox = program !== undefined;
/** Behind a test's name: what is missing for it. */
export const withoutFirefox = hasFirefox ? '' : ' [firefox-esr]';

/** A screen that nobody sees (X.Org). */
const SCREEN = 'Xvfb';
/** Whether it can draw in 3D here: not without a screen (bugzilla.mozilla.org, 1375585). */
export const firefoxDraws = hasFirefox && works(SCREEN, '-help');

/** WebGL drawn in software, and nothing asked of anybody else. */
const PREFERENCES: Readonly<Record<string, boolean | number | string>> = {
  'webgl.force-enabled': true,
  'app.update.auto': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'extensions.update.enabled': false,
};

/** A page of a Firefox. */
export interface FirefoxPage {
  /** Goes to an address, and waits until it is loaded. */
  goto(address: string): Promise<void>;
  /** The value of an expression, which JSON must be able to hold; of a promise, what it resolves to. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. @throws Error after a minute, with what it was. */
  until(expression: string): Promise<void>;
  /** Errors of the page, of its scripts and its console, so far. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** A Firefox without a window; whoever starts it closes it. */
export interface Firefox {
  newPage(): Promise<FirefoxPage>;
  close(): Promise<void>;
}

type Answer = Readonly<Record<string, unknown>>;

/** Starts the system's Firefox, worked over WebDriver BiDi (W3C). @throws Error if it does not start. */
export async function launchFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'graft-firefox-'));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const screen = await startScreen();
  const args = ['--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'];
  const child = spawn(program!, screen ? args : ['--headless', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, ...(screen && { DISPLAY: screen.display, MOZ_ENABLE_WAYLAND: '0' }) },
  });
  const end = async (): Promise<void> => {
    await ended(child);
    if (screen) await ended(screen.child);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const session = await Session.open(`${await addressOf(child)}/session`);
    return {
      newPage: () => newPage(session),
      close: async () => {
        session.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A screen that nobody sees; undefined where there is no Xvfb. */
async function startScreen(): Promise<{ readonly child: ChildProcess; readonly display: string } | undefined> {
  if (!firefoxDraws) return undefined;
  const options = ['-displayfd', '1', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'];
  const child = spawn(SCREEN, options, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const display = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`Xvfb: expected a screen, got its end with code ${code}`)));
    child.stdout!.setEncoding('utf8').once('data', (number: string) => resolve(`:${number.trim()}`));
  });
  return { child, display };
}

/** Where it listens, which it says when it does. */
const addressOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const give = (what: string): void => reject(new Error(`firefox: expected it to listen, got ${what}: ${said}`));
    const timer = setTimeout(() => give('nothing within two minutes'), 120_000);
    child.once('error', reject);
    child.once('close', (code) => give(`its end with code ${code}`));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(said) ?? [];
      if (!address) return;
      clearTimeout(timer);
      resolve(address);
    });
  });

/** Ends it with all its processes. */
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
    child.once('close', () => resolve());
    process.kill(-child.pid, 'SIGKILL');
  });

/** Commands to a browser and what it tells by itself. */
class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #commands = 0;
  onLog: (entry: { readonly context: string | undefined; readonly text: string }) => void = () => undefined;

  static async open(address: string): Promise<Session> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const session = new Session(socket);
    await session.ask('session.new', { capabilities: {} });
    await session.ask('session.subscribe', { events: ['log.entryAdded'] });
    return session;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(JSON.parse(String(data))));
  }

  ask(method: string, params: object): Promise<Answer> {
    const id = ++this.#commands;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close(): void {
    this.#socket.terminate();
  }

  #hear(message: {
    readonly id?: number;
    readonly method?: string;
    readonly result?: Answer;
    readonly error?: string;
    readonly message?: string;
    readonly params?: { readonly level: string; readonly text: string; readonly source: { readonly context?: string } };
  }): void {
    const { id, method, result, error, params } = message;
    if (method === 'log.entryAdded' && params?.level === 'error')
      this.onLog({ context: params.source.context, text: params.text });
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id!);
    if (result) waiting.resolve(result);
    else waiting.reject(new Error(`firefox: ${error}: ${message.message}`));
  }
}

async function newPage(session: Session): Promise<FirefoxPage> {
  const { context } = await session.ask('browsingContext.create', { type: 'tab' });
  const problems: string[] = [];
  const before = session.onLog;
  session.onLog = (entry) => {
    before(entry);
    if (entry.context === context) problems.push(entry.text);
  };
  await session.ask('browsingContext.setViewport', { context, viewport: { width: 1280, height: 720 } });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const asked = { expression: `(async () => JSON.stringify(await (${expression})))()`, awaitPromise: true };
    const answer = await session.ask('script.evaluate', { ...asked, target: { context } });
    const { result, exceptionDetails } = answer as {
      readonly result?: { readonly value?: string };
      readonly exceptionDetails?: { readonly text: string };
    };
    if (exceptionDetails) throw new Error(`firefox: ${expression}: ${exceptionDetails.text}`);
    return (result?.value === undefined ? undefined : JSON.parse(result.value)) as T;
  };
  return {
    problems,
    evaluate,
    goto: async (url) => void (await session.ask('browsingContext.navigate', { context, url, wait: 'complete' })),
    until: async (expression) => {
      for (const end = performance.now() + 60_000; performance.now() < end; ) {
        if (await evaluate<boolean>(`Boolean(${expression})`)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`firefox: expected ${expression} within a minute, got ${problems.join('; ') || 'no problems'}`);
    },
    close: async () => void (await session.ask('browsingContext.close', { context })),
  };
}
