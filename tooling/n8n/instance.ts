/** A real n8n that a program drives: in a folder of its own, with this package and a known owner. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { N8nClient, type Owner } from './client';
import { cacheFolder } from './folders';
import { ensureN8n } from './install';
import { ensurePackage } from './package';
import { startN8n, type N8nOptions, type RunningN8n } from './process';
import { n8n2, type N8nVersion } from './versions';

export const owner: Owner = {
	email: 'owner@example.com',
	password: 'Owner-of-n8n-1',
	firstName: 'Olga',
	lastName: 'Owner',
};

export interface InstanceOptions extends Omit<N8nOptions, 'command' | 'port'> {
	/** Whether this package is installed in it; default true. */
	withPackage?: boolean;
	/** Whether it serves the editor and the list of node types, which cost a third to a half of its start; default false. */
	withEditor?: boolean;
}

/** Without it n8n writes a thousand files less when it starts. */
export const withoutEditor = { N8N_DISABLE_UI: 'true' };

/** Compiled code is kept from run to run: that halves the time of a start. */
export const compileCache = ({ title }: N8nVersion) => ({
	NODE_COMPILE_CACHE: join(cacheFolder, 'compiled', title.replace(/\W/g, '')),
});

/** One n8n that can be ended and started again, with all that it has stored. */
export class N8nInstance {
	/** A session of the owner; stays the same over restarts. */
	readonly client: N8nClient;

	private constructor(
		private readonly options: InstanceOptions,
		private running: RunningN8n,
	) {
		this.client = new N8nClient(running.url);
	}

	/** Installs what is missing, starts n8n on what its user folder holds, and signs the owner in. */
	static async start(options: InstanceOptions): Promise<N8nInstance> {
		const { withPackage = true, userFolder, version } = options;
		await mkdir(userFolder, { recursive: true });
		await ensureN8n(version);
		if (withPackage) await ensurePackage(userFolder, version);
		const instance = new N8nInstance(options, await startN8n(withSettings(options)));
		await instance.client.signIn(owner);
		return instance;
	}

	/** Address of the editor, without a slash at the end. */
	get url(): string {
		return this.running.url;
	}

	get pid(): number {
		return this.running.pid;
	}

	/** What n8n has printed since its last start. */
	get logFile(): string {
		return this.running.logFile;
	}

	/** Everything that n8n writes lies in here. */
	get userFolder(): string {
		return this.options.userFolder;
	}

	/** Ends n8n if it runs, and starts it again at the same address. @param env added to its settings */
	async restart(env: Record<string, string> = {}): Promise<void> {
		await this.stop();
		const port = Number(new URL(this.url).port);
		const options = { ...this.options, env: { ...this.options.env, ...env } };
		this.running = await startN8n({ ...withSettings(options), port });
		await this.client.signIn(owner);
	}

	async stop(): Promise<void> {
		await this.running.stop();
	}

	/** Ends n8n as a crash does. */
	async kill(): Promise<void> {
		process.kill(this.pid, 'SIGKILL');
		await this.stop();
	}
}

const withSettings = (options: InstanceOptions): InstanceOptions => ({
	...options,
	env: {
		...compileCache(options.version ?? n8n2),
		...(!options.withEditor && withoutEditor),
		...options.env,
	},
});
