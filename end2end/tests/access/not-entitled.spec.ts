import { askFrom, masked, type Question, raw } from '../../fixtures/masked.ts';
import { ANY_RUN } from '../../fixtures/session.ts';
import { expect, type Person, test } from '../../fixtures/test.ts';
import { OperationsPage } from '../../pages/operations.page.ts';

/** An id of the same form that nothing has. */
function unknown(id: string): string {
  return `${id.slice(0, -12)}ffffffffffff`;
}

/** A run and a tenant of the workspace that the outsider is no member of. */
async function theirs(person: (role: string) => Promise<Person>, name: string) {
  const { session } = await person('owner');
  const tenant = await session.tenant(name);
  const [run] = await session.runs({ tenant });
  if (!run) throw new Error(`${name} has no run`);
  return { tenant, run: run.id };
}

const PAGES: { what: string; of: 'tenant' | 'run'; path(id: string): string }[] = [
  { what: "a run's page", of: 'run', path: (id) => `/admin/operations/${id}` },
  { what: 'the list filtered by a tenant', of: 'tenant', path: (id) => `/admin/operations?tenant=${id}` },
  { what: "a tenant's page", of: 'tenant', path: (id) => `/admin/tenants/${id}` },
  { what: "a tenant's members", of: 'tenant', path: (id) => `/admin/tenants/${id}/members` },
  { what: "a tenant's inventory", of: 'tenant', path: (id) => `/admin/tenants/${id}/inventory` },
];

for (const { what, of, path } of PAGES) {
  test(`somebody of another workspace cannot tell ${what} from none`, async ({ demo, person, problems }) => {
    problems.expect(/status of 404/);
    const ids = await theirs(person, demo.directory('first').name);
    const id = ids[of];
    const outsider = await person('outsider');

    const response = await outsider.goto(path(id));
    expect(response?.status()).toBe(404);
    await expect(outsider.page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await expect(outsider.page.getByRole('main')).not.toContainText(demo.directory('first').name);

    const [real, none] = await Promise.all([
      outsider.session.get(path(id)).then(raw),
      outsider.session.get(path(unknown(id))).then(raw),
    ]);
    expect(masked(real, id)).toEqual(masked(none, unknown(id)));
  });
}

test('somebody of another workspace cannot tell the JSON of a run from none', async ({ demo, person }) => {
  const { run } = await theirs(person, demo.directory('first').name);
  const outsider = await person('outsider');
  const path = (id: string) => `/admin/operations/${id}/json`;
  const real = await outsider.session.get(path(run)).then(raw);
  expect(real.status).toBe(404);
  for (const other of [unknown(run), 'nonsense']) {
    const none = await outsider.session.get(path(other)).then(raw);
    expect(masked(real, run)).toEqual(masked(none, other));
  }
});

const FUNCTIONS: { of: 'tenant' | 'run'; question(id: string): Question }[] = [
  { of: 'run', question: (id) => ({ endpoint: 'run/page', json: { id, version: null } }) },
  { of: 'run', question: (run) => ({ endpoint: 'run/retry', form: { run } }) },
  { of: 'run', question: (run) => ({ endpoint: 'run/resolve', form: { run, intent: run, answer: 'applied' } }) },
  { of: 'tenant', question: (id) => ({ endpoint: 'tenant/page', json: { id, started: null, version: null } }) },
  { of: 'tenant', question: (id) => ({ endpoint: 'inventory/page', json: { id, kind: null, after: null } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'page/drawn', json: { path: `/admin/tenants/${tenant}/members` } }) },
  { of: 'tenant', question: (id) => ({ endpoint: 'page/drawn', json: { path: `/admin/tenants/${id}/settings` } }) },
  { of: 'tenant', question: (id) => ({ endpoint: 'page/drawn', json: { path: `/admin/tenants/${id}/connection` } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/change', form: { tenant, name: 'x' } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/onboard', form: { tenant } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/activate', form: { tenant } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'connection/rotate', form: { tenant, secret: 'x' } }) },
  {
    of: 'tenant',
    question: (tenant) => ({ endpoint: 'connection/change', form: { tenant, name: 'x', client_id: 'x' } }),
  },
  {
    of: 'tenant',
    question: (tenant) => ({ endpoint: 'connection/create', form: { tenant, name: 'x', client_id: 'x' } }),
  },
  {
    of: 'tenant',
    question: (tenant) => ({ endpoint: 'operations/page', json: { query: { ...ANY_RUN, tenant }, version: null } }),
  },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'run/start', form: { tenant, operation: 'inventory.sync' } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/archive', form: { tenant, typed_name: 'x' } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/reactivate', form: { tenant } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'tenant/select', form: { tenant } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'connection/enable', form: { tenant } }) },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'connection/disable', form: { tenant } }) },
  {
    of: 'tenant',
    question: (tenant) => ({
      endpoint: 'members/add',
      form: { tenant, email: 'outsider@tenantatlas.example', role: 'owner' },
    }),
  },
  {
    of: 'tenant',
    question: (tenant) => ({ endpoint: 'members/set_role', form: { tenant, user: unknown(tenant), role: 'owner' } }),
  },
  { of: 'tenant', question: (tenant) => ({ endpoint: 'members/remove', form: { tenant, user: unknown(tenant) } }) },
];

test('no server function tells somebody of another workspace a run or tenant from none', async ({
  demo,
  person,
  problems,
}) => {
  problems.expect(/status of 404/);
  const ids = await theirs(person, demo.directory('first').name);
  const outsider = await person('outsider');
  await outsider.goto('/admin/tenants');
  for (const { of, question } of FUNCTIONS) {
    const id = ids[of];
    const real = masked(await askFrom(outsider.page, question(id)), id);
    const none = masked(await askFrom(outsider.page, question(unknown(id))), unknown(id));
    expect.soft(real.status, question(id).endpoint).toBe(404);
    expect.soft(real, question(id).endpoint).toEqual(none);
  }
});

test('a search for a run of another workspace finds nothing', async ({ demo, person }) => {
  const { run } = await theirs(person, demo.directory('first').name);
  const outsider = await person('outsider');
  await outsider.goto('/admin/operations');
  const operations = new OperationsPage(outsider.page);
  await operations.filters.getByLabel('Search').fill(run);
  await operations.filters.getByRole('button', { name: 'Apply' }).click();
  await expect(outsider.page.getByRole('heading', { name: 'No run matches' })).toBeVisible();
  await expect(operations.rows).toHaveCount(0);
});
