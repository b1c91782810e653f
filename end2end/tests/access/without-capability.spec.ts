import { askFrom, type Question } from '../../fixtures/masked.ts';
import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

test('a read-only member may view connection checks, and is told that inventory syncs need more', async ({
  demo,
  person,
  problems,
}) => {
  problems.expect(/status of 403/);
  const { name } = demo.directory('first');
  const { session } = await person('owner');
  const tenant = await session.tenant(name);
  const [sync] = await session.runs({ tenant, operation: 'inventory.sync' });
  const [check] = await session.runs({ tenant, operation: 'provider.connection.check' });
  const readonly = await person('readonly');

  const viewed = await readonly.goto(RunPage.path(check?.id ?? ''));
  expect(viewed?.status()).toBe(200);
  await expect(readonly.page.getByRole('heading', { level: 1 })).toHaveText('Connection check');

  const refused = await readonly.goto(RunPage.path(sync?.id ?? ''));
  expect(refused?.status()).toBe(403);
  await expect(readonly.page.getByRole('heading', { level: 1 })).toHaveText('Not allowed');
  await expect(readonly.page.getByRole('main')).toContainText('View inventory');
  const asked = await askFrom(readonly.page, {
    endpoint: 'run/page',
    json: { id: sync?.id, version: null },
  });
  expect(asked.status).toBe(403);
});

test('a read-only member cannot start, and leaves no run by trying', async ({ demo, person, problems }) => {
  problems.expect(/status of 403/);
  const readonly = await person('readonly');
  const owner = await person('owner');
  const tenant = await owner.session.tenant(demo.directory('first').name);
  const before = await owner.session.runs({ tenant });

  await readonly.goto(`/admin/tenants/${tenant}`);
  for (const label of ['Verify connection', 'Sync inventory']) {
    await expect(new TenantPage(readonly.page).button(label)).toBeDisabled();
  }
  await expect(readonly.page.getByText('You need the capability “Run inventory sync”')).toBeVisible();
  const forbidden: Question[] = [
    { endpoint: 'run/start', form: { tenant, operation: 'inventory.sync' } },
    { endpoint: 'run/start', form: { tenant, operation: 'provider.connection.check' } },
    { endpoint: 'tenant/archive', form: { tenant, typed_name: 'x' } },
    { endpoint: 'tenant/reactivate', form: { tenant } },
    { endpoint: 'connection/enable', form: { tenant } },
    { endpoint: 'connection/disable', form: { tenant } },
    { endpoint: 'page/drawn', json: { path: `/admin/tenants/${tenant}/members` } },
    { endpoint: 'page/drawn', json: { path: '/admin/members' } },
    { endpoint: 'page/drawn', json: { path: '/admin/members/invitations' } },
    { endpoint: 'page/drawn', json: { path: '/admin/workspace' } },
    { endpoint: 'page/drawn', json: { path: '/admin/tenants/new' } },
    { endpoint: 'page/drawn', json: { path: `/admin/tenants/${tenant}/settings` } },
    { endpoint: 'page/drawn', json: { path: `/admin/tenants/${tenant}/connection` } },
    { endpoint: 'workspace/rename', form: { name: 'x' } },
    { endpoint: 'invitation/create', form: { email: 'x@y.example', role: 'owner' } },
    { endpoint: 'tenant/create', form: { name: 'x', directory: 'x' } },
    { endpoint: 'tenant/change', form: { tenant, name: 'x' } },
    { endpoint: 'tenant/onboard', form: { tenant } },
    { endpoint: 'tenant/activate', form: { tenant } },
    { endpoint: 'connection/create', form: { tenant, name: 'x', client_id: 'x' } },
    { endpoint: 'connection/change', form: { tenant, name: 'x', client_id: 'x' } },
    { endpoint: 'connection/rotate', form: { tenant, secret: 'x' } },
    { endpoint: 'members/add', form: { tenant, email: readonly.account.email, role: 'owner' } },
    { endpoint: 'inventory/page', json: { id: tenant, kind: null, after: null } },
  ];
  for (const question of forbidden) {
    const answer = await askFrom(readonly.page, question);
    expect.soft(answer.status, question.endpoint).toBe(403);
  }
  expect((await owner.session.runs({ tenant })).map((run) => run.id)).toEqual(before.map((run) => run.id));
});

test('the members page is for those who manage members', async ({ demo, person, problems }) => {
  problems.expect(/status of 403/);
  const operator = await person('operator');
  const tenant = await operator.session.tenant(demo.directory('first').name);
  for (const path of [`/admin/tenants/${tenant}/members`, '/admin/members']) {
    const response = await operator.goto(path);
    expect(response?.status(), path).toBe(403);
    await expect(operator.page.getByRole('heading', { level: 1 })).toHaveText('Not allowed');
  }
});
