/** One polite live region for the whole page. */
let region: HTMLElement | undefined;

export const announce = (message: string): void => {
  if (region === undefined) {
    region = document.createElement('div');
    region.className = 'sr-only';
    region.setAttribute('role', 'status');
    region.setAttribute('aria-live', 'polite');
    document.body.append(region);
  }
  region.textContent = message;
};
