/** Worker of the play page: physics, camera and policies, away from the thread that draws. One plays, another one trains. */
import { expose } from 'comlink';
import { TrainingSession } from './learn/training.ts';
import { PlaySession } from './session.ts';

expose(self.name === 'training' ? new TrainingSession() : new PlaySession());
