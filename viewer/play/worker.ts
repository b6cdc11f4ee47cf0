import { expose } from 'comlink';
import { PlaySession } from './session.ts';

/** The page's worker: physics, camera and policies, away from the thread that draws. */
expose(new PlaySession());
