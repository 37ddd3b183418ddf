/** The pages that the same server has, beside what one is doing: a decision that is half made stays on screen. */
export const openDocs = (): void => {
  window.open('/docs/', '_blank', 'noopener');
};
