/** Outcomes on the page: the colour and the meaning of each. */
import type { Outcome } from '../../sim/outcome.ts';

/**
 * How outcomes are told apart: colours after M. Okabe and K. Ito (2008), which colour-blind people can tell apart, too. Every
 * failure is also drawn taller than a success, and named.
 */
const STYLES: Readonly<Record<Outcome, { readonly colour: string; readonly why: string }>> = {
  held: { colour: '#009e73', why: 'lifted, held and shaken' },
  missed: { colour: '#e69f00', why: 'the fingers closed on nothing' },
  slipped: { colour: '#d55e00', why: 'the object slipped out' },
  collided: { colour: '#cc79a7', why: 'the hand hit something on its way down' },
  'too-wide': { colour: '#56b4e9', why: 'the object does not fit between the fingers' },
  'no-seal': { colour: '#0072b2', why: 'the cup touched something it does not close on' },
  unstable: { colour: '#b8a800', why: 'held, but not high enough' },
  invalid: { colour: '#999999', why: 'the simulation diverged; not counted' },
};

export const outcomeColour = (outcome: Outcome): string => STYLES[outcome].colour;

/** What an outcome means. */
export const outcomeReason = (outcome: Outcome): string => STYLES[outcome].why;
