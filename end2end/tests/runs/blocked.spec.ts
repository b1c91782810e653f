import type { Page } from '@playwright/test';
import { type Demo, expect, hydrated, type Person, test } from '../../fixtures/test.ts';
import { withWorker } from '../../fixtures/worker.ts';
import { Frame, runOf } from '../../pages/frame.page.ts';
import { MembersPage } from '../../pages/members.page.ts';
import { NotificationsPage } from '../../pages/notifications.page.ts';
import { OperationsPage } from '../../pages/operations.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// The queue waits, so that there is time to take something away.
test.use({ queueWorkers: 0 });

/** Somebody's second window on a tenant. */
type Window = { page: Page; tenant: string; name: string; operator: { name: string; email: string } };

type Case = {
  what: string;
  who: string;
  take(window: Window): Promise<void>;
  giveBack(window: Window): Promise<void>;
  /** Begins the sentence; what follows says when it changed. */
  sentence(window: Window): string;
  reason: string;
  check: string;
  /** Whether the operator is still told: somebody who lost the tenant is told nothing about it. */
  isTold: boolean;
};

async function open({ page, tenant }: Window, rest = ''): Promise<void> {
  await page.goto(`/admin/tenants/${tenant}${rest}`);
  await hydrated(page);
}

const CASES: Case[] = [
  {
    what: 'an owner lowers the role',
    who: 'owner',
    async take(window) {
      await open(window, '/members');
      await new MembersPage(window.page).setRole(window.operator.name, 'Read-only');
    },
    async giveBack(window) {
      await open(window, '/members');
      await new MembersPage(window.page).setRole(window.operator.name, 'Operator');
    },
    sentence: ({ operator, name }) => `${operator.name} no longer has “Run inventory sync” in ${name}`,
    reason: 'missing_capability',
    check: 'capability',
    isTold: true,
  },
  {
    what: 'an owner removes the membership',
    who: 'owner',
    async take(window) {
      await open(window, '/members');
      await new MembersPage(window.page).remove(window.operator.name);
    },
    async giveBack(window) {
      await open(window, '/members');
      const { email, name } = window.operator;
      await new MembersPage(window.page).add(email, 'Operator', name);
    },
    sentence: ({ operator, name }) => `${operator.name} is no longer a member of ${name}`,
    reason: 'tenant_not_entitled',
    check: 'tenant_scope',
    isTold: false,
  },
  {
    what: 'an owner archives the tenant',
    who: 'owner',
    async take(window) {
      await open(window);
      await new TenantPage(window.page).archive(window.name);
    },
    async giveBack(window) {
      await open(window);
      await new TenantPage(window.page).reactivate(window.name);
    },
    sentence: ({ name }) => `${name} is archived, so Inventory sync cannot run there`,
    reason: 'tenant_not_operable',
    check: 'tenant_operability',
    isTold: true,
  },
  {
    what: 'a manager disables the connection',
    who: 'manager',
    async take(window) {
      await open(window);
      await new TenantPage(window.page).disableConnection();
    },
    async giveBack(window) {
      await open(window);
      await new TenantPage(window.page).enableConnection();
    },
    sentence: ({ name }) => `The provider connection of ${name} is disabled`,
    reason: 'provider_connection_invalid',
    check: 'execution_prerequisites',
    isTold: true,
  },
];

for (const blocked of CASES) {
  test(`${blocked.what} before the worker comes: the run is blocked`, async ({ demo, person }) => {
    const { name } = demo.directory('first');
    const operator = await person('operator');
    const watcher = await person(blocked.who);
    const tenant = await operator.session.tenant(name);
    const run = new RunPage(watcher.page);
    const id = await start(operator, tenant);
    await watcher.goto(RunPage.path(id));
    await expect(run.state).toHaveAttribute('data-state', 'queued');

    const page = await watcher.context.newPage();
    const window = { page, tenant, name, operator: operator.account };
    await blocked.take(window);
    await withWorker(demo, () =>
      expect(run.state).toHaveAttribute('data-state', 'blocked', { timeout: 60_000 }),
    );

    await expect(run.state).toHaveText('Blocked');
    await expect(run.refusal).toContainText(`Blocked: ${blocked.sentence(window)}`);
    await expect(run.refusal.locator('code')).toHaveText(blocked.reason);
    await expect(run.fact('Started')).toHaveText('Never started');
    await expect(run.part('Items and progress')).toHaveCount(0);
    const checks = await run.failedChecks.evaluateAll((all) => all.map((it) => it.getAttribute('data-check')));
    expect(checks).toContain(blocked.check);
    await isNoFailure(watcher, id);
    expect(await demo.sandbox.requestsOf(id)).toEqual([]);

    await operator.goto(NotificationsPage.path);
    const told = new NotificationsPage(operator.page).of(id);
    await expect(told).toHaveCount(blocked.isTold ? 1 : 0);
    if (blocked.isTold) {
      await expect(told.locator('[data-state]')).toHaveText('Blocked');
      // Whoever asked reads why, whatever their role holds by now.
      await operator.goto(RunPage.path(id));
      const own = new RunPage(operator.page);
      await expect(own.refusal).toContainText(`Blocked: ${blocked.sentence(window)}`);
    }
    await watcher.goto(NotificationsPage.path);
    await expect(new NotificationsPage(watcher.page).of(id)).toHaveCount(0);

    await blocked.giveBack(window);
    await startsAgain(demo, operator, tenant);
  });
}

/** Starts an inventory sync as a person does; the window is closed before anything is taken away. */
async function start(operator: Person, tenant: string): Promise<string> {
  const { page } = operator;
  await operator.goto(`/admin/tenants/${tenant}`);
  await new TenantPage(page).button('Sync inventory').click();
  const frame = new Frame(page);
  await expect(frame.toast).toContainText('is queued.');
  const id = await runOf(frame.viewRun);
  await page.goto('about:blank');
  return id;
}

/** In the table, too, a blocked run is told apart from a failed one, by word and by picture. */
async function isNoFailure(watcher: Person, id: string): Promise<void> {
  const operations = new OperationsPage(watcher.page);
  await watcher.goto('/admin/operations?tenant=all&state=failed');
  const failure = operations.rows.first().locator('[data-state]');
  await expect(failure).toHaveAttribute('data-state', 'failed');
  const pictureOfFailure = await failure.locator('svg').innerHTML();
  const classOfFailure = await failure.getAttribute('class');

  await watcher.goto('/admin/operations?tenant=all&state=blocked');
  const row = operations.row(id);
  const badge = row.locator('[data-state]');
  await expect(badge).toHaveAttribute('data-state', 'blocked');
  await expect(badge).toHaveText('Blocked');
  await expect(row).toContainText('Never started');
  expect(await badge.locator('svg').innerHTML()).not.toBe(pictureOfFailure);
  expect(await badge.getAttribute('class')).not.toBe(classOfFailure);
}

/** What was given back counts: the operator can start again, and it runs. */
async function startsAgain(demo: Demo, operator: Person, tenant: string): Promise<void> {
  const id = await start(operator, tenant);
  const run = new RunPage(operator.page);
  await operator.goto(RunPage.path(id));
  await withWorker(demo, () =>
    expect(run.state).toHaveAttribute('data-state', 'succeeded', { timeout: 60_000 }),
  );
}
