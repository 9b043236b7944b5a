/** Redis and PostgreSQL as Debian packages them, each on a free port, with their data in .cache. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { run } from '../../../tooling/n8n/command';
import { UserError } from '../../../tooling/n8n/failure';
import { atExit } from '../../../tooling/n8n/leftovers';
import { freePort } from '../../../tooling/n8n/ports';
import { ensurePackages } from './debian';
import { until } from '../../../tooling/n8n/until';

const START_LIMIT_MS = 60_000;
const DATABASE = 'postgres';
const USER = 'n8n';
const redisProgram = '/usr/bin/redis-server';
const debianPrograms = '/usr/lib/postgresql';

export interface Service {
	port: number;
	stop(): Promise<void>;
}

export interface Database extends Service {
	/** What n8n needs to know to use it. */
	env: Record<string, string>;
	/** Everything that is in it, as SQL. */
	dump(): Promise<string>;
}

const isRoot = () => process.getuid?.() === 0;

async function command(program: string, args: string[], options: SpawnOptions = {}) {
	return await new Promise<string>((settle, fail) => {
		const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
		let output = '';
		let errors = '';
		child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
		child.once('error', fail);
		child.once('close', (code) =>
			code === 0 ? settle(output) : fail(new Error(`${program} ended with ${code}:\n${errors}`)),
		);
	});
}

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

const isOpen = async (port: number) =>
	await new Promise<boolean>((settle) => {
		const socket = connect(port, '127.0.0.1', () => settle(true));
		socket.once('error', () => settle(false)).once('connect', () => socket.destroy());
	});

/** Starts a server that is ended with this signal, and waits until it listens. */
async function startServer(
	program: string,
	args: string[],
	port: number,
	options: SpawnOptions & { logFile: string; endWith: NodeJS.Signals },
): Promise<Service> {
	const { logFile, endWith, ...spawnOptions } = options;
	const log = openSync(logFile, 'w');
	const child = spawn(program, args, { ...spawnOptions, stdio: ['ignore', log, log] });
	closeSync(log);
	child.on('error', () => {}); // then it never listens
	const forget = atExit(() => child.kill('SIGKILL'));
	const ended = new Promise((settle) => child.once('exit', settle)).finally(forget);
	const stop = async () => {
		child.kill(endWith);
		await ended;
	};
	await until(`${program} (see ${logFile})`, async () => await isOpen(port), START_LIMIT_MS);
	return { port, stop };
}

/** Starts Redis without anything that it would store. */
export async function startRedis(folder: string): Promise<Service> {
	await mkdir(folder, { recursive: true });
	const port = await freePort();
	const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
	return await startServer(redisProgram, args, port, {
		cwd: folder,
		logFile: join(folder, 'redis.log'),
		endWith: 'SIGTERM',
	});
}

/** PostgreSQL does not run as root: then it runs as the user that its package brings. */
async function owner(): Promise<{ uid?: number; gid?: number }> {
	if (!isRoot()) return {};
	const id = async (option: string) => Number(await command('id', [option, 'postgres']));
	return { uid: await id('-u'), gid: await id('-g') };
}

/** Starts an empty database that trusts everybody on this machine. */
export async function startPostgres(folder: string): Promise<Database> {
	const programs = await postgresPrograms();
	if (!programs) throw new UserError('PostgreSQL is not installed');
	await mkdir(folder, { recursive: true });
	const as = await owner();
	if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
	const data = join(folder, 'data');
	const initial = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync'];
	await command(join(programs, 'initdb'), [...initial, '--locale=C.UTF-8'], { cwd: folder, ...as });
	const port = await freePort();
	const listen = ['-h', '127.0.0.1', '-p', `${port}`, '-k', ''];
	// -F: what a crash of the machine would lose is of no worth here.
	const server = await startServer(
		join(programs, 'postgres'),
		['-D', data, '-F', ...listen],
		port,
		{
			cwd: folder,
			logFile: join(folder, 'postgres.log'),
			endWith: 'SIGINT',
			...as,
		},
	);
	const address = ['-h', '127.0.0.1', '-p', `${port}`, '-U', USER];
	await until('PostgreSQL to take connections', async () => {
		const asked = await run(join(programs, 'pg_isready'), address, { cwd: '/', limitMs: 5000 });
		return asked.code === 0;
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
		dump: async () => await command(join(programs, 'pg_dump'), [...address, DATABASE]),
	};
}
