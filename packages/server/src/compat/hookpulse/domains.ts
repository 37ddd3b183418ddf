import { pageOfDomains } from '@countersign/store';
import type { DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { PAGE } from './approvals.ts';
import { done, list, readAs, refused } from './answers.ts';
import { domainKey, putNote, timeZoneOf, uuidsOf } from './kept.ts';
import { Domain } from './template.ts';

export const domainRoutes: readonly DialectRoute[] = [
  {
    method: 'POST',
    path: '/v1/api/add_domain',
    answer: async (asked) => {
      const domain = readAs(Domain, await asked.body());
      if (!URL.canParse(`${domain.protocol_type}://${domain.domain}`) || /[/?#@\s]/.test(domain.domain))
        throw refused('Invalid field value: domain (a host name, with a port where it needs one)');
      return asked.write('createTool', async (scope) => {
        const key = domainKey(domain);
        await putNote(scope, key, domain);
        // What would be a promise that nothing keeps is said.
        const isLimited = domain.rate_limit_enabled || domain.concurrency_control_enabled;
        return done({
          details: `Domain added successfully${isLimited ? '; its limits are kept and not enforced here' : ''}`,
          domain_uuid: (await uuidsOf(scope, [key]))(key),
        });
      });
    },
  },
  {
    method: 'GET',
    path: '/v1/api/get_domain_paginated',
    answer: (asked) =>
      asked.write('listTools', async (scope) => {
        const page = numberedPage(asked.query, PAGE);
        const { rows, total } = await pageOfDomains(scope, page);
        const uuidOf = await uuidsOf(
          scope,
          rows.map(({ id }) => id),
        );
        const data = rows.map(({ id, note }) => {
          const { domain, ...settings } = JSON.parse(note) as Domain;
          return { ...settings, domain_uuid: uuidOf(id), domain_name: domain };
        });
        return list(data, total, page, await timeZoneOf(scope));
      }),
  },
];
