/** Worker of the play page: physics, camera and policies, away from the thread that draws. */
import { expose } from 'comlink';
import { PlaySession } from './session.ts';

expose(new PlaySession());
