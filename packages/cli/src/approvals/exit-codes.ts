/** How `ask`, `wait` and `decide` end. 0 means one thing only: go ahead. docs/guide/shell-and-ci.md has the table. */
export const EXIT = {
  goAhead: 0,
  failed: 1,
  usage: 2,
  rejected: 3,
  expired: 4,
  withdrawn: 5,
  blocked: 6,
  undecided: 7,
  takenAlready: 8,
  notWhatWasApproved: 9,
} as const;

/** As shells count them: 128 and the number of the signal. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
