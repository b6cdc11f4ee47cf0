/** Loss of predicted outcomes. */

/** Logistic function. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** log(1 + e^x), stable for either sign. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Negative log likelihood of one outcome, nats. */
export const outcomeLoss = (logit: number, held: boolean): number => softplus(held ? -logit : logit);
