import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SchedulesPage, soon } from '../../pages/schedules.page.ts';

test.use({ installation: 'schedules' });

test('a schedule is made, its slot runs, and its history says so', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const tenant = await owner.session.tenant(demo.directory('first').name);
  const schedules = new SchedulesPage(page);

  await owner.goto(SchedulesPage.path(tenant));
  await expect(page.getByText('Nothing runs here by itself yet.')).toBeVisible();
  await page.getByRole('link', { name: 'New schedule' }).click();
  await schedules.send({ name: 'Nightly', time: '02:30', zone: 'Mars/Olympus' }, 'Make schedule');
  await expect(schedules.refusal).toContainText('There is no such time zone.');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Nightly');

  await schedules.send({ name: 'Nightly', time: '02:30', zone: 'UTC', days: [] }, 'Make schedule');
  await expect(schedules.refusal).toHaveText('Choose at least one day.');
  const monday = page.getByLabel('Monday', { exact: true });
  await expect(monday).toHaveAttribute('aria-invalid', 'true');
  await expect(monday).toHaveAccessibleDescription('Choose at least one day.');
  await page.getByLabel('Every day', { exact: true }).check();

  // Due within the minute: the server's own scheduler takes the slot.
  await schedules.send({ name: 'Nightly', time: soon(), zone: 'UTC' }, 'Make schedule');
  await expect(schedules.notice).toContainText('The schedule is made.');
  await expect(schedules.fact('Next slot')).toContainText('UTC');
  await expect(async () => {
    await page.reload();
    await expect(schedules.history.first()).toContainText('Succeeded', { timeout: 100 });
  }).toPass({ timeout: 180_000, intervals: [1_000] });
  await expect(schedules.history).toHaveCount(1);
  await expect(schedules.history.first()).toContainText('By schedule.');

  await schedules.history.first().getByRole('link', { name: 'View run' }).last().click();
  const run = new RunPage(page);
  await expect(run.state).toHaveText('Succeeded');
  await expect(run.fact('By schedule')).toContainText(/^Nightly, slot .* UTC$/);
  await expect(run.fact('Authority')).toHaveText("The system's own authority");
  await page.getByRole('link', { name: 'Nightly' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nightly');
});

test('a schedule is paused, run by hand, resumed, changed and deleted', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const tenant = await owner.session.tenant(demo.directory('first').name);
  const schedules = new SchedulesPage(page);

  await owner.goto(`${SchedulesPage.path(tenant)}/new`);
  const days = ['Monday', 'Thursday'];
  await schedules.send({ name: 'Weekly', time: '23:45', zone: 'Pacific/Auckland', days }, 'Make schedule');
  await expect(schedules.notice).toContainText('The schedule is made.');
  await expect(page.getByText('Monday and Thursday at 23:45 in Pacific/Auckland')).toBeVisible();
  // The schedule's zone, and below it the browser's own.
  await expect(schedules.fact('Next slot')).toContainText(/23:45 Pacific\/Auckland.*UTC/);

  await schedules.button('Pause').click();
  await expect(schedules.notice).toContainText('The schedule is paused.');
  await expect(schedules.fact('Next slot')).toHaveText('None while it is paused');

  await schedules.button('Run now').click();
  const run = new RunPage(page);
  await expect(run.fact('By schedule')).toHaveText('Weekly, run now');
  await expect(run.fact('Authority')).toHaveText('Bound to the person who asked');
  await page.getByRole('link', { name: 'Weekly' }).click();
  await expect(schedules.history).toHaveCount(1);
  await expect(schedules.history.first()).toContainText('Run now, by ');
  await expect(schedules.history.first()).toContainText('Run by hand');
  await owner.goto(SchedulesPage.path(tenant));
  const row = schedules.rows.filter({ hasText: 'Weekly' });
  await expect(row).toContainText('None yet');
  await row.getByRole('link', { name: 'Weekly' }).click();

  await schedules.button('Resume').click();
  await expect(schedules.notice).toContainText('goes on with its next slot');
  await schedules.send({ name: 'Weekly', time: '22:15', zone: 'Pacific/Auckland' }, 'Save');
  await expect(schedules.notice).toContainText('The schedule is saved.');
  await expect(schedules.fact('Next slot')).toContainText('22:15 Pacific/Auckland');

  await page.getByText('Delete\u2026').press('Enter');
  await expect(page.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(schedules.button('Delete schedule')).toBeHidden();
  await expect(page.getByText('Delete\u2026')).toBeFocused();
  await page.getByText('Delete\u2026').click();
  await schedules.button('Delete schedule').click();
  await expect(schedules.notice).toContainText('The schedule is deleted.');
  await expect(schedules.rows.filter({ hasText: 'Weekly' })).toHaveCount(0);
});

test('a change that came too late keeps what was typed, and says what the schedule is now', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const tenant = await owner.session.tenant(demo.directory('first').name);
  const [schedules, other] = [new SchedulesPage(page), new SchedulesPage(await owner.context.newPage())];
  await owner.goto(`${SchedulesPage.path(tenant)}/new`);
  await schedules.send({ name: 'Contested', time: '01:00', zone: 'UTC' }, 'Make schedule');
  await expect(schedules.notice).toContainText('The schedule is made.');
  await other.page.goto(new URL(page.url()).pathname);

  await schedules.send({ name: 'Contested', time: '02:00', zone: 'UTC' }, 'Save');
  await expect(schedules.notice).toContainText('The schedule is saved.');
  await other.send({ name: 'Contested', time: '03:00', zone: 'UTC' }, 'Save');
  await expect(other.refusal).toContainText('Somebody changed this schedule meanwhile');
  const form = other.page.getByRole('region', { name: 'Change' });
  await expect(form).toContainText('Every day at 02:00 in UTC');
  await expect(form.getByLabel('Time', { exact: true })).toHaveValue('03:00');
});

test('who may not view the runs of an operation does not see its schedules', async ({ demo, person }) => {
  const owner = await person('owner');
  const reader = await person('readonly');
  const tenant = await owner.session.tenant(demo.directory('first').name);
  await reader.goto(SchedulesPage.path(tenant));
  await expect(reader.page.getByRole('link', { name: 'New schedule' })).toHaveCount(0);
  await expect(new SchedulesPage(reader.page).rows).toHaveCount(0);
  const answer = await reader.session.get(`${SchedulesPage.path(tenant)}/new`);
  expect(answer.status).toBe(403);
});
