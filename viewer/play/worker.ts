/** Worker of the play page: physics, camera and policies, away from the thread that draws. One plays, another one trains. */
import { expose } from 'comlink';
import { PlaySession } from './session.ts';
import { TrainingSession } from './training.ts';

expose(self.name === 'training' ? new TrainingSession() : new PlaySession());
