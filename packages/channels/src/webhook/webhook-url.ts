import type { JsonObject } from '@countersign/core';

/** Where a webhook posts to. Its settings were checked as they were saved. */
export const urlOf = (settings: JsonObject): string => (typeof settings['url'] === 'string' ? settings['url'] : '');
