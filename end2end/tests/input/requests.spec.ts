import { ANY_RUN, SESSION_COOKIE } from '../../fixtures/session.ts';
import { expect, test } from '../../fixtures/test.ts';

for (const path of ['/admin/operations/nonsense', '/admin/tenants/nonsense', '/admin/operations?tenant=nonsense', '/nowhere']) {
  test(`${path} is a page that says there is nothing`, async ({ person, problems }) => {
    problems.expect(/status of 404/);
    const operator = await person('operator');
    const response = await operator.goto(path);
    expect(response?.status()).toBe(404);
    await expect(operator.page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await operator.page.getByRole('link', { name: 'All tenants' }).last().click();
    await expect(operator.page.getByRole('heading', { level: 1 })).toHaveText('Tenants');
  });
}

test('a filter word that means nothing is named, and the way out works', async ({ person, problems }) => {
  problems.expect(/status of 422/);
  const operator = await person('operator');
  const response = await operator.goto('/admin/operations?state=nonsense');
  expect(response?.status()).toBe(422);
  await expect(operator.page.getByRole('main')).toContainText('state');
});

test('a post from another site is refused and changes nothing', async ({ demo, person, request }) => {
  const { session } = await person('operator');
  const tenant = await session.tenant(demo.directory('first').name);
  const before = await session.runs({ tenant });
  const cookie = `${SESSION_COOKIE}=${session.token}`;
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    const response = await request.post('/api/run/start', {
      headers: { ...headers, cookie },
      form: { tenant, operation: 'inventory.sync' },
    });
    expect(response.status(), JSON.stringify(headers)).toBe(403);
  }
  expect((await session.runs({ tenant })).map((run) => run.id)).toEqual(before.map((run) => run.id));
});

test('a link alone puts no words on a page', async ({ page, demo }) => {
  const words = 'Call this number and tell them your password.';
  const told = JSON.stringify({ code: 'invalid', field: 'E-mail', message: words });
  const error = Buffer.from(told).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const said = new URLSearchParams({ __path: '/api/session/sign_in', __err: error, next: '/admin/account' });
  await page.goto(`${demo.url}/sign-in?${said}`);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByText(words)).toHaveCount(0);
  expect(new URL(page.url()).search).toBe('?next=%2Fadmin%2Faccount');
});

test('a body that is too large is refused', async ({ person, request }) => {
  const { session } = await person('operator');
  const response = await request.post('/api/session/sign_in', {
    headers: { cookie: `${SESSION_COOKIE}=${session.token}` },
    form: { email: 'a'.repeat(65 * 1024), password: 'x' },
  });
  expect(response.status()).toBe(413);
});

test('an unknown function is 404, and reading one is 405', async ({ request }) => {
  expect((await request.post('/api/nowhere')).status()).toBe(404);
  expect((await request.get('/api/nowhere')).status()).toBe(404);
  expect((await request.get('/api/tenants/page')).status()).toBe(405);
  expect((await request.get('/api/session/sign_in?email=a&password=b')).status()).toBe(405);
});

test('a field that is not right is named', async ({ demo, person }) => {
  const { session } = await person('owner');
  const tenant = await session.tenant(demo.directory('first').name);
  const unknown = await session.post('run/start', { tenant, operation: 'format.disk' });
  expect(unknown.status).toBe(422);
  expect(await unknown.json()).toMatchObject({ code: 'invalid', field: 'operation' });
  const missing = await session.post('run/start', { tenant });
  expect(missing.status).toBe(422);
  const name = await session.post('tenant/archive', { tenant, typed_name: 'something else' });
  expect(name.status).toBe(422);
  expect(await name.json()).toMatchObject({ code: 'invalid', field: 'Tenant name' });
});

test('a body that does not fit this version is refused with what to do, as a form is', async ({ person, request }) => {
  const { session } = await person('operator');
  for (const endpoint of ['run/page', 'operations/page', 'page/drawn']) {
    for (const body of ['{}', '[]', 'not json', '{"id":7}']) {
      const response = await request.post(`/api/${endpoint}`, {
        headers: { cookie: `${SESSION_COOKIE}=${session.token}`, 'content-type': 'application/json' },
        data: Buffer.from(body),
      });
      expect(response.status(), `${endpoint} ${body}`).toBe(422);
      expect(await response.json()).toMatchObject({ code: 'invalid', message: expect.stringContaining('reload the page') });
    }
  }
});

test('nobody signed in: functions say so, and give nothing away', async ({ request }) => {
  const id = '019aa000-0000-7000-8000-000000000000';
  const questions: [string, unknown][] = [
    ['tenants/page', { ask: 'Page' }],
    ['operations/page', { query: ANY_RUN, version: null }],
    ['run/page', { id, version: null }],
    ['notifications/page', { ask: 'Page' }],
  ];
  for (const [endpoint, data] of questions) {
    const response = await request.post(`/api/${endpoint}`, { data });
    expect(response.status(), endpoint).toBe(401);
  }
  const start = await request.post('/api/run/start', { form: { tenant: id, operation: 'inventory.sync' } });
  expect(start.status()).toBe(401);
});
