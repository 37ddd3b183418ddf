/** The schema as it stands in a database, as text: what all migrations together come to. Read from the catalogs. */
import type pg from 'pg';

type Line = { readonly table: string; readonly line: string };

const TABLES = `select relname as table, relrowsecurity as secured, relforcerowsecurity as forced,
    case relpersistence when 'u' then 'unlogged ' else '' end as kind from pg_class
  where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`;

const COLUMNS = `select c.relname as table, format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attidentity <> '' then ' generated always as identity'
         when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end,
    case when a.attnotnull then ' not null' else '' end) as line
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname, a.attnum`;

// Not-null constraints are named in the catalog since PostgreSQL 18; they stand with their columns already.
const CONSTRAINTS = `select c.relname as table, pg_get_constraintdef(k.oid) as line
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'f', 'c')
  order by c.relname, array_position(array['p', 'u', 'f', 'c']::"char"[], k.contype), pg_get_constraintdef(k.oid)`;

const INDEXES = `select c.relname as table, pg_get_indexdef(i.indexrelid) || ';' as line
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
  where c.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
  order by c.relname, x.relname`;

const POLICIES = `select tablename as table, format('create policy %I on %I as %s for %s to %s%s%s;', policyname, tablename,
    lower(permissive), lower(cmd), array_to_string(roles, ', '),
    coalesce(' using (' || qual || ')', ''), coalesce(' with check (' || with_check || ')', '')) as line
  from pg_policies where schemaname = 'public' order by tablename, policyname`;

const TRIGGERS = `select c.relname as table, pg_get_triggerdef(t.oid) || ';' as line
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where not t.tgisinternal and c.relnamespace = 'public'::regnamespace order by c.relname, t.tgname`;

const GRANTS = `with granted as (
    select c.relname as table, g.grantee, lower(g.privilege_type) as privilege, null::text as column
    from pg_class c, aclexplode(c.relacl) g where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    union all
    select c.relname, g.grantee, lower(g.privilege_type), a.attname
    from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace)
  select t.table, format('grant %s on %I to %I;', string_agg(t.privilege || t.columns, ', ' order by t.privilege), t.table, t.role) as line
  from (select granted.table, r.rolname as role, privilege,
          case when bool_or(granted.column is null) then '' else ' (' || string_agg(granted.column, ', ' order by granted.column) || ')' end as columns
        from granted join pg_roles r on r.oid = grantee where r.rolname in ('countersign_api', 'countersign_worker')
        group by granted.table, r.rolname, privilege) t
  group by t.table, t.role order by t.table, t.role`;

const SEQUENCES = `select format('create sequence %I as %s%s;', sequencename, data_type, case when cycle then ' cycle' else '' end) as line
  from pg_sequences q where schemaname = 'public'
    and not exists (select from pg_depend d where d.objid = format('%I', q.sequencename)::regclass and d.deptype = 'i') order by 1`;

const FUNCTIONS = `select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'public'::regnamespace order by proname`;

/** Deterministic: the same schema gives the same text, whatever order it was made in. */
export const describeSchema = async (client: pg.ClientBase): Promise<string> => {
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await client.query<Row>(text)).rows;
  const tables = await rows<{ table: string; secured: boolean; forced: boolean; kind: string }>(TABLES);
  const inside = [...(await rows<Line>(COLUMNS)), ...(await rows<Line>(CONSTRAINTS))];
  const after = [
    ...(await rows<Line>(INDEXES)),
    ...(await rows<Line>(POLICIES)),
    ...(await rows<Line>(TRIGGERS)),
    ...(await rows<Line>(GRANTS)),
  ];
  const of = (lines: readonly Line[], table: string): string[] =>
    lines.filter((row) => row.table === table).map(({ line }) => line);
  const parts = tables.map(({ table, secured, forced, kind }) =>
    [
      `create ${kind}table ${table} (\n  ${of(inside, table).join(',\n  ')}\n);`,
      ...(secured ? [`alter table ${table} enable row level security;`] : []),
      ...(forced ? [`alter table ${table} force row level security;`] : []),
      ...of(after, table),
    ].join('\n'),
  );
  const others = [...(await rows<{ line: string }>(SEQUENCES)), ...(await rows<{ line: string }>(FUNCTIONS))].map(
    ({ line }) => line.trim(),
  );
  return [...parts, ...others].join('\n\n') + '\n';
};
