import { expect, test } from '../../fixtures/test.ts';
import { Frame, runOf } from '../../pages/frame.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// A provider that goes wrong changes what is known of a connection.
test.use({ installation: 'tries by itself' });

test('a throttled check says when it is tried again and why, and succeeds by itself', async ({ demo, person }) => {
  const directory = demo.directory('first');
  const operator = await person('operator');
  const { page } = operator;
  const run = new RunPage(page);
  // Longer than one call waits: the run has to.
  await demo.sandbox.break(directory.tenant_id, {
    kind: 'status',
    status: 429,
    retry_after: '13',
    route: '/organization',
    count: 1,
  });
  await operator.goto(`/admin/tenants/${await operator.session.tenant(directory.name)}`);
  await new TenantPage(page).button('Verify connection').click();
  const { viewRun } = new Frame(page);
  const id = await runOf(viewRun);
  await viewRun.click();
  await expect(page).toHaveURL(RunPage.path(id));

  await expect(run.nextTry).toContainText('(try 2 of 3): the provider asks to wait 13 s.', { timeout: 60_000 });
  await expect(run.nextTry).toContainText('provider_throttled');
  await expect(run.state).toHaveAttribute('data-state', 'queued');
  await expect(run.part('Timeline')).toContainText('Attempt 1 failed: the provider asks to wait 13 s');
  // What the first attempt left is told as its own, and nothing looks finished.
  await expect(run.part('What attempt 1 did')).toContainText(/\d+ of \d+ processed/);
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await expect(run.part('Verification report of attempt 1')).toBeVisible();
  await expect(run.nextTry).toContainText('Tries again at ');
  await expect(page.getByRole('region', { name: 'Why it is not running' })).toHaveCount(0);
  const asked = (await demo.sandbox.requestsOf(id)).length;

  await expect(run.state).toHaveAttribute('data-state', 'succeeded', { timeout: 60_000 });
  await expect(run.nextTry).toBeHidden();
  await expect(run.fact('Attempt')).toHaveText('2');
  await expect(run.part('Timeline')).toContainText('Authorisation decided again for attempt 2: allowed');
  expect((await demo.sandbox.requestsOf(id)).length).toBeGreaterThan(asked);
});
