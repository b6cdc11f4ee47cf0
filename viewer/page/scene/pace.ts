/** How fast and how finely a view is drawn, where the browser is slow. */
import type { WebGLRenderer } from 'three';

/** Lowers the resolution while frames come too slowly for smooth motion (software rendering, weak GPUs). */
export class Resolution {
  readonly #renderer: WebGLRenderer;
  readonly #adapts: boolean;
  #ratio = Math.min(devicePixelRatio, 2);
  #last = 0;
  #slow = 0;
  #counted = 0;

  constructor(renderer: WebGLRenderer, adapts: boolean) {
    this.#renderer = renderer;
    this.#adapts = adapts;
    renderer.setPixelRatio(this.#ratio);
  }

  /**
   * A picture was drawn.
   * @param now milliseconds.
   * @param followed whether it came right after the last one, as in motion.
   * @returns whether the resolution has changed: the canvas is empty then.
   */
  note(now: number, followed: boolean): boolean {
    const elapsed = now - this.#last;
    this.#last = now;
    if (!this.#adapts || !followed || elapsed > 500) return false; // hidden tab, or the first frame
    this.#counted++;
    if (elapsed > 1000 / 28) this.#slow++;
    if (this.#counted < 24) return false;
    const lower = this.#slow > 12 && this.#ratio > 0.5;
    if (lower) {
      this.#ratio = Math.max(0.5, this.#ratio * 0.8);
      this.#renderer.setPixelRatio(this.#ratio);
    }
    this.#counted = 0;
    this.#slow = 0;
    return lower;
  }
}

/** Less than this after a picture no other is drawn: a thirtieth of a second on a display of 60 Hz, a little less on faster ones. */
const PACE_MS = 24;

/**
 * When a browser that draws in software should draw: about thirty times a second, and never before the last picture is
 * done. Pictures that wait for each other would show ever older moments, and keep the page from hearing of newer ones.
 */
export class Pace {
  readonly #gl: WebGL2RenderingContext;
  #last = 0;
  #drawing: WebGLSync | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  isReady(now: number): boolean {
    if (now - this.#last < PACE_MS) return false;
    const gl = this.#gl;
    if (!this.#drawing || gl.isContextLost()) return true;
    return gl.getSyncParameter(this.#drawing, gl.SYNC_STATUS) === gl.SIGNALED;
  }

  /** A picture was ordered. */
  note(now: number): void {
    const gl = this.#gl;
    this.#last = now;
    gl.deleteSync(this.#drawing);
    this.#drawing = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }
}

/** Whether WebGL is there but drawn by the processor. */
export function drawsInSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl?.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
}
