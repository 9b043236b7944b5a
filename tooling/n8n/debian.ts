/** Programs beside n8n that Debian packages. */
import { run } from './command';
import { UserError } from './failure';
import { projectFolder } from './folders';

const INSTALL_LIMIT_MS = 10 * 60_000;

async function apt(...args: string[]): Promise<void> {
	const words = ['apt-get', ...args];
	const asRoot = process.getuid?.() === 0 ? words : ['sudo', '--non-interactive', ...words];
	const [program = '', ...rest] = asRoot;
	const { hasFailed, output } = await run(program, rest, {
		cwd: projectFolder,
		env: { DEBIAN_FRONTEND: 'noninteractive' },
		limitMs: INSTALL_LIMIT_MS,
	});
	if (!hasFailed) return;
	throw new UserError(
		`"${words.join(' ')}" failed. Install what it names and try again.\n${output.slice(-2000)}`,
	);
}

/**
 * Installs the packages that are missing.
 * @param isThere whether a package is installed, by its name
 * @throws UserError where they cannot be installed
 */
export async function ensurePackages(isThere: Record<string, boolean>): Promise<void> {
	const missing = Object.keys(isThere).filter((name) => !isThere[name]);
	if (missing.length === 0) return;
	await apt('update');
	await apt('install', '--yes', '--no-install-recommends', ...missing);
}
