/** Starts and ends a real n8n. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signalGroup, startChild, type Child } from './children';
import { UserError } from './failure';
import { n8nProgram, nodeForN8n } from './install';
import { freePort } from './ports';
import { n8n2, type N8nVersion } from './versions';

const startLimitMs = 240_000;
const stopLimitMs = 15_000;
const probeEveryMs = 50;

export interface N8nOptions {
	/** n8n's home: database, settings, community packages, log. Nothing is written elsewhere. */
	userFolder: string;
	/** Of the editor; any free one if left out. */
	port?: number;
	/** Settings on top of the version's, e.g. `{N8N_DEFAULT_BINARY_DATA_MODE: 'database'}`. */
	env?: Record<string, string>;
	/** Where relative paths in workflows start; the user folder if left out. */
	workingFolder?: string;
	/** Default: n8n 2. */
	version?: N8nVersion;
	/** What it does: everything if left out, or in queue mode one of the other processes' parts. */
	command?: 'start' | 'worker' | 'webhook';
}

export interface RunningN8n {
	/** Address of the editor and its REST interface, without a slash at the end. */
	url: string;
	pid: number;
	/** What n8n printed. */
	logFile: string;
	/** Settles when the process has ended, with its exit code (undefined: ended by a signal). */
	ended: Promise<number | undefined>;
	/** Ends n8n and what it started; settles when they are gone. May be called twice. */
	stop(): Promise<void>;
}

/** What n8n may see of this process's environment: no settings, no tokens. */
const inherited =
	/^(PATH|LANG|LANGUAGE|LC_.*|TZ|TERM|NO_COLOR|https?_proxy|all_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|SystemRoot|windir|ComSpec|PATHEXT|NUMBER_OF_PROCESSORS)$/i;

function inheritedEnvironment(): Record<string, string> {
	const entries = Object.entries(process.env).filter(
		(entry): entry is [string, string] => inherited.test(entry[0]) && entry[1] !== undefined,
	);
	const proxyExceptions = process.env.NO_PROXY ?? process.env.no_proxy;
	const local = [proxyExceptions, '127.0.0.1', 'localhost'].filter(Boolean).join(',');
	return { ...Object.fromEntries(entries), NO_PROXY: local, no_proxy: local };
}

/** n8n's own time limits, wide enough for a slow machine on which several n8n run at once. */
const generousLimits = {
	// n8n answers everything with 503 when a check of its database takes longer than its limit.
	DB_PING_INTERVAL_SECONDS: '3600',
	DB_PING_TIMEOUT_MS: '60000',
	N8N_RUNNERS_TASK_REQUEST_TIMEOUT: '300',
	N8N_RUNNERS_TASK_ACCEPT_TIMEOUT: '60',
	N8N_RUNNERS_HEARTBEAT_INTERVAL: '300',
};

/** Local, quiet, and at home in the user folder. */
async function environment({ userFolder, version = n8n2, env }: N8nOptions, port: number) {
	const temporary = join(userFolder, 'tmp');
	await mkdir(temporary, { recursive: true });
	return {
		...inheritedEnvironment(),
		HOME: userFolder,
		USERPROFILE: userFolder,
		XDG_CACHE_HOME: join(userFolder, '.cache'),
		// Saves about half a second of a start.
		NODE_COMPILE_CACHE: join(userFolder, '.cache', 'compiled'),
		XDG_CONFIG_HOME: join(userFolder, '.config'),
		TMPDIR: temporary,
		TEMP: temporary,
		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(port),
		// Of a worker, which has no editor.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		// The session cookie would otherwise be kept back from plain HTTP.
		N8N_SECURE_COOKIE: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_DISABLED_MODULES: 'mcp-registry',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
		...generousLimits,
		...version.env,
		...env,
	};
}

const pidFile = (userFolder: string) => join(userFolder, 'n8n.pid');

/** Whether the process is an n8n of this user folder. Can be seen on Linux only. */
async function isN8nOf(userFolder: string, pid: number): Promise<boolean> {
	const seen = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
	return seen.split('\0').includes(`N8N_USER_FOLDER=${userFolder}`);
}

/** Ends the n8n of a run that was killed before it could do so: two would share one database. */
async function endForgotten(userFolder: string): Promise<void> {
	const pid = Number(await readFile(pidFile(userFolder), 'utf8').catch(() => ''));
	if (!pid || !(await isN8nOf(userFolder, pid))) return;
	signalGroup(pid, 'SIGTERM');
	const deadline = Date.now() + stopLimitMs;
	while (Date.now() < deadline && (await isN8nOf(userFolder, pid))) {
		await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
	}
	signalGroup(pid, 'SIGKILL');
}

/** The status with which the address answers a GET; undefined where it does not. */
async function statusOf(url: string): Promise<number | undefined> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
		await response.arrayBuffer();
		return response.status;
	} catch {
		return undefined;
	}
}

async function lastLines(logFile: string): Promise<string> {
	const log = await readFile(logFile, 'utf8').catch(() => '');
	return log.trim().split('\n').slice(-15).join('\n');
}

/** n8n 1 says that it is ready before its REST interface is; other parts than the editor have none. */
export async function isReady(
	url: string,
	command: N8nOptions['command'] = 'start',
): Promise<boolean> {
	if ((await statusOf(`${url}/healthz/readiness`)) !== 200) return false;
	// Whoever has not signed in is told so.
	return command !== 'start' || (await statusOf(`${url}/rest/login`)) === 401;
}

/** Waits until n8n answers. Throws UserError when it ends before, or takes too long. */
async function whenReady(n8n: RunningN8n, command: N8nOptions['command']): Promise<void> {
	let hasEnded = false;
	void n8n.ended.then(() => (hasEnded = true));
	const deadline = Date.now() + startLimitMs;
	while (Date.now() < deadline) {
		if (hasEnded) {
			throw new UserError(`n8n ended while starting:\n${await lastLines(n8n.logFile)}`);
		}
		if (await isReady(n8n.url, command)) return;
		await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
	}
	await n8n.stop();
	throw new UserError(
		`n8n did not answer within ${startLimitMs / 1000} s:\n${await lastLines(n8n.logFile)}`,
	);
}

async function end({ pid, ended, signal }: Child): Promise<void> {
	signal('SIGTERM');
	const timer = setTimeout(() => signal('SIGKILL'), stopLimitMs);
	await ended;
	clearTimeout(timer);
	// n8n's task runner is gone by now unless something went wrong.
	signalGroup(pid, 'SIGKILL');
}

/** Spawns n8n in a process group of its own, so that Ctrl-C reaches only this process. */
function spawnN8n(options: N8nOptions, env: Record<string, string>, logFile: string) {
	const { version = n8n2, command = 'start', userFolder, workingFolder } = options;
	const child = startChild(nodeForN8n(version), [n8nProgram(version), command], {
		cwd: workingFolder ?? userFolder,
		env,
		logFile,
		detached: true,
	});
	return { pid: child.pid, ended: child.ended, stop: async () => await end(child) };
}

async function startOn(port: number, options: N8nOptions): Promise<RunningN8n> {
	const env = await environment(options, port);
	const logFile = join(options.userFolder, 'n8n.log');
	const n8n = { ...spawnN8n(options, env, logFile), url: `http://127.0.0.1:${port}`, logFile };
	await writeFile(pidFile(options.userFolder), String(n8n.pid));
	await whenReady(n8n, options.command);
	return n8n;
}

/**
 * Starts n8n (see `ensureN8n`) on 127.0.0.1 and waits until it answers. The caller ends it with
 * `stop()`; when this process exits without, it is killed. Throws UserError.
 */
export async function startN8n(options: N8nOptions): Promise<RunningN8n> {
	await endForgotten(options.userFolder);
	try {
		return await startOn(options.port ?? (await freePort()), options);
	} catch (error) {
		// Somebody else may take a port between its choice and its use.
		if (!(error instanceof UserError) || !error.message.includes('already in use')) throw error;
		return await startOn(await freePort(), options);
	}
}
