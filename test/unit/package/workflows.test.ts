import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const github = join(root, '.github');
const workflows = join(github, 'workflows');
const read = (name: string) => readFileSync(join(workflows, name), 'utf8');

/** The text of each job of a workflow, by its name. */
const jobsOf = (workflow: string) => {
	const [, jobs = ''] = workflow.split(/^jobs:\n/m);
	const parts = jobs.split(/^ {2}([\w-]+):\n/m).slice(1);
	return parts.flatMap((name, index) =>
		index % 2 ? [] : [{ name, text: parts[index + 1] ?? '' }],
	);
};

test.each(readdirSync(workflows))('%s pins every action by its commit', (name) => {
	const actions = [...read(name).matchAll(/uses: *(.+)$/gm)].map(([, action]) => action);
	expect(actions).not.toEqual([]);
	expect(actions.filter((action) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''))).toEqual(
		[],
	);
});

test.each([
	['publish.yml', ['publish', 'page']],
	['n8n.yml', ['issue']],
	['ci.yml', []],
])('%s installs, builds and tests nothing where it has rights: %j', (name, jobs) => {
	const withRights = jobsOf(read(name)).filter(({ text }) => /: write\b/.test(text));
	expect(withRights.map((job) => job.name)).toEqual(jobs);
	for (const { text } of withRights) {
		expect(text).not.toMatch(/npm (ci|install|test|run)|checkout/);
	}
});

describe('the workflow that publishes', () => {
	const jobs = jobsOf(read('publish.yml'));

	test('publishes the tarball that was built without rights', () => {
		const { text = '' } = jobs.find(({ name }) => name === 'publish') ?? {};
		expect(text).toMatch(/needs: build/);
		expect(text).toMatch(/npm publish \.\/tarball\/\*\.tgz/);
	});

	test('takes only tags that lie on main', () => {
		const { text = '' } = jobs.find(({ name }) => name === 'build') ?? {};
		expect(text).toContain('git merge-base --is-ancestor HEAD origin/main');
	});
});

test('Dependabot sees every lock file', () => {
	const [, list = ''] =
		/ecosystem: npm\n +directories: \[(.*)\]/.exec(
			readFileSync(join(github, 'dependabot.yml'), 'utf8'),
		) ?? [];
	expect(list.split(', ').sort()).toEqual(lockFolders('').map((folder) => `/${folder}`));
});

/** The folders with a lock file, without what is installed. */
function lockFolders(folder: string): string[] {
	const entries = readdirSync(join(root, folder), { withFileTypes: true });
	const below = entries
		.filter((entry) => entry.isDirectory() && !/^(node_modules|\..*)$/.test(entry.name))
		.flatMap(({ name }) => lockFolders(folder ? `${folder}/${name}` : name));
	const isHere = entries.some(({ name }) => name === 'package-lock.json');
	return (isHere ? [folder, ...below] : below).sort();
}
