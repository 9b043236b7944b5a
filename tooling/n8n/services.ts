/** Redis and PostgreSQL as Debian packages them, each on a free port, with their data in .cache. */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf, run } from './command';
import { UserError } from './failure';
import { freePort } from './ports';
import { ensurePackages } from './debian';
import { startServer, type Service } from './servers';
import { until } from './until';

const COMMAND_LIMIT_MS = 120_000;
const DATABASE = 'postgres';
const USER = 'n8n';
const redisProgram = '/usr/bin/redis-server';
const debianPrograms = '/usr/lib/postgresql';

export interface Database extends Service {
	/** What n8n needs to know to use it. */
	env: Record<string, string>;
	/** Everything that is in it, as SQL. */
	dump(): Promise<string>;
}

const isRoot = () => process.getuid?.() === 0;

/** The folder with the newest PostgreSQL's programs; Debian keeps them out of the PATH. */
async function postgresPrograms(): Promise<string | undefined> {
	const versions = existsSync(debianPrograms) ? await readdir(debianPrograms) : [];
	return versions
		.sort((one, other) => Number(other) - Number(one))
		.map((version) => join(debianPrograms, version, 'bin'))
		.find((folder) => existsSync(join(folder, 'initdb')));
}

/** Installs the Debian packages that are missing. Throws UserError where that is not possible. */
export async function ensureServices(): Promise<void> {
	const postgresql = (await postgresPrograms()) !== undefined;
	await ensurePackages({ 'redis-server': existsSync(redisProgram), postgresql });
}

/** Starts Redis without anything that it would store. */
export async function startRedis(folder: string): Promise<Service> {
	await mkdir(folder, { recursive: true });
	const port = await freePort();
	const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
	return await startServer(redisProgram, args, {
		port,
		cwd: folder,
		logFile: join(folder, 'redis.log'),
	});
}

/**
 * PostgreSQL refuses to run as root: then it runs as the user that its package brings. That user may
 * enter all folders, also below a home that only root may enter.
 */
const asPostgres = isRoot()
	? [
			'setpriv',
			'--reuid=postgres',
			'--regid=postgres',
			'--clear-groups',
			'--inh-caps=+dac_override',
			'--ambient-caps=+dac_override',
		]
	: [];

/** The program and the arguments that run a command as PostgreSQL's user. */
const command = (...words: string[]): [string, string[]] => {
	const [program = '', ...args] = [...asPostgres, ...words];
	return [program, args];
};

/** Starts an empty database that trusts everybody on this machine. */
export async function startPostgres(folder: string): Promise<Database> {
	const programs = await postgresPrograms();
	if (!programs) throw new UserError('PostgreSQL is not installed');
	await mkdir(folder, { recursive: true });
	const options = { cwd: folder, limitMs: COMMAND_LIMIT_MS };
	if (isRoot()) await outputOf('chown', ['postgres:postgres', folder], options);
	const data = join(folder, 'data');
	const initial = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync'];
	await outputOf(...command(join(programs, 'initdb'), ...initial, '--locale=C.UTF-8'), options);
	const port = await freePort();
	const listen = ['-h', '127.0.0.1', '-p', `${port}`, '-k', ''];
	// -F: what a crash of the machine would lose is of no worth here.
	const server = await startServer(
		...command(join(programs, 'postgres'), '-D', data, '-F', ...listen),
		{ port, cwd: folder, logFile: join(folder, 'postgres.log'), endWith: 'SIGINT' },
	);
	const address = ['-h', '127.0.0.1', '-p', `${port}`, '-U', USER];
	await until('PostgreSQL to take connections', async () => {
		const { hasFailed } = await run(join(programs, 'pg_isready'), address, options);
		return !hasFailed;
	});
	return {
		...server,
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: `${port}`,
			DB_POSTGRESDB_USER: USER,
			DB_POSTGRESDB_DATABASE: DATABASE,
		},
		dump: async () => await outputOf(join(programs, 'pg_dump'), [...address, DATABASE], options),
	};
}
