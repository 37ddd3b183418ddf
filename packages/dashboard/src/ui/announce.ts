/** Live regions for the whole page, one a kind: what can wait for the end of a sentence, and what can't. */
const regions = new Map<'status' | 'alert', HTMLElement>();

const say = (role: 'status' | 'alert', message: string): void => {
  let region = regions.get(role);
  if (region === undefined) {
    region = document.createElement('div');
    region.className = 'sr-only';
    region.setAttribute('role', role);
    region.setAttribute('aria-live', role === 'status' ? 'polite' : 'assertive');
    document.body.append(region);
    regions.set(role, region);
  }
  region.textContent = message;
};

export const announce = (message: string): void => say('status', message);

/** For what is critical, once. */
export const announceNow = (message: string): void => say('alert', message);
