import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The popups of a window's address bar are pages, too: a third of what it costs to load one of graft's. */
const POPUPS = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];
/** What Playwright turns off, whose flag ours takes the place of. */
const PLAYWRIGHTS = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'LensOverlay'],
  ...['HttpsFirstBalancedModeAutoEnable', 'MediaRouter', 'PaintHolding', 'ThirdPartyStoragePartitioning'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled'],
  'PreconnectToSearch',
];

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${[...POPUPS, ...PLAYWRIGHTS].join(',')}`,
  '--enable-unsafe-swiftshader',
  '--use-angle=swiftshader',
];

/** Between two pictures of a page that need not move smoothly. */
const PAUSE_MS = 500;

const ADVICE =
  'install Chromium (Debian, Ubuntu: `apt-get install chromium`) or set GRAFT_CHROMIUM to the path of a Chromium or Chrome';

/**
 * Starts the system's Chromium without a window, drawing in software. Where there is none, and apt-get can install one
 * (root on Debian), that is done first.
 * @throws Error saying what to install.
 */
export async function launchChromium(pictures: 'few' | 'all' = 'few'): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...FLAGS] });
  if (pictures === 'few') drawFewer(browser);
  return browser;
}

/** Pictures are drawn in software: a page that moves takes a core, whoever looks at it. Its own pages draw every now and then. */
function drawFewer(browser: Browser): void {
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await open(options);
    await context.addInitScript((pause) => {
      const draw = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (callback) => window.setTimeout(() => draw(callback), pause);
      window.cancelAnimationFrame = (id) => window.clearTimeout(id);
    }, PAUSE_MS);
    return context;
  };
}

function chromiumPath(): string {
  const named = process.env.GRAFT_CHROMIUM;
  if (named) {
    if (isProgram(named)) return named;
    throw new Error(`browser tests: expected GRAFT_CHROMIUM to name a program, got ${named}; ${ADVICE}`);
  }
  const found = search() ?? installed();
  if (!found)
    throw new Error(`browser tests: expected Chromium on the PATH, got none of ${NAMES.join(', ')}; ${ADVICE}`);
  return found;
}

function search(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter).filter(Boolean)];
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/** Installs Debian's package. @throws Error if apt-get fails. */
function installed(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get'))
    return undefined;
  console.warn('browser tests: no Chromium found; installing it with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'pipe' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`browser tests: apt-get could not install chromium; ${ADVICE}`, { cause: error });
  }
  return search();
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
