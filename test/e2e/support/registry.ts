/**
 * A local npm registry that n8n and npm take for registry.npmjs.org: an unlicensed n8n installs
 * community packages from there alone. A proxy leads calls for that host to verdaccio, whose
 * certificate n8n and npm are told to trust, and refuses all other hosts. Nothing is uplinked.
 */
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { outputOf } from '../../../tooling/n8n/command';
import { freePort } from '../../../tooling/n8n/ports';
import { emptyFolder } from './instance';
import { startServer } from '../../../tooling/n8n/servers';

const HOST = 'registry.npmjs.org';
const COMMAND_LIMIT_MS = 60_000;
const verdaccio = join(
	__dirname,
	'..',
	'registry',
	'node_modules',
	'verdaccio',
	'bin',
	'verdaccio',
);

export interface Registry {
	/** What an n8n needs in its environment to install packages from here. */
	env: Record<string, string>;
	/** The same for npm as a file: n8n 1 looks for new versions with npm, but without environment. */
	npmrc: string;
	/** Publishes a packed package, as the latest version of it. */
	publish(tarball: string): Promise<void>;
	stop(): Promise<void>;
}

/** A certificate for the registry's name, which signs itself. */
async function makeCertificate(folder: string): Promise<{ key: string; cert: string }> {
	const key = join(folder, 'key.pem');
	const cert = join(folder, 'cert.pem');
	const names = `subjectAltName=DNS:${HOST},IP:127.0.0.1`;
	const subject = ['-subj', '/CN=Registry of the end-to-end tests', '-addext', names];
	const files = ['-nodes', '-keyout', key, '-out', cert];
	const request = ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files];
	await outputOf('openssl', request, { cwd: folder, limitMs: COMMAND_LIMIT_MS });
	return { key, cert };
}

/** Everybody may read and publish; what is not here does not exist. */
const configuration = (folder: string, key: string, cert: string) => `
storage: ${join(folder, 'storage')}
https: { key: ${key}, cert: ${cert} }
packages:
  '**': { access: $all, publish: $all }
log: { type: stdout, format: pretty, level: warn }
`;

/** Leads tunnels to the registry's name to this port, and refuses all others. */
async function startProxy(target: number): Promise<Server> {
	const proxy = createServer((_request, response) => response.writeHead(403).end());
	proxy.on('connect', ({ url }: IncomingMessage, client: Socket) => {
		client.on('error', () => client.destroy());
		if (url !== `${HOST}:443`) {
			client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
			return;
		}
		const registry = connect(target, '127.0.0.1', () => {
			client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			registry.pipe(client).pipe(registry);
		});
		registry.on('error', () => client.destroy());
	});
	await new Promise<void>((settle) => proxy.listen(0, '127.0.0.1', settle));
	return proxy;
}

/** Without prefer-online npm would not ask for a new version before five minutes have passed. */
const npmSettings = (folder: string, cert: string, proxyUrl: string) =>
	[
		`cafile=${cert}`,
		`https-proxy=${proxyUrl}`,
		`cache=${join(folder, 'npm')}`,
		'prefer-online=true',
		'',
	].join('\n');

/** Starts an empty registry. It keeps everything below .cache/e2e. */
export async function startRegistry(): Promise<Registry> {
	const folder = await emptyFolder('registry');
	const { key, cert } = await makeCertificate(folder);
	await writeFile(join(folder, 'config.yaml'), configuration(folder, key, cert));
	const port = await freePort();
	const listen = ['--listen', `https://127.0.0.1:${port}`];
	const server = await startServer(
		process.execPath,
		[verdaccio, '--config', join(folder, 'config.yaml'), ...listen],
		{ port, cwd: folder, env: { HOME: folder }, logFile: join(folder, 'verdaccio.log') },
	);
	const proxy = await startProxy(port);
	const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
	const trust = { NODE_EXTRA_CA_CERTS: cert, npm_config_cafile: cert };
	return {
		env: { ...trust, HTTPS_PROXY: proxyUrl, https_proxy: proxyUrl },
		npmrc: npmSettings(folder, cert, proxyUrl),
		publish: async (tarball) => await publish(tarball, folder, port, trust),
		async stop() {
			proxy.closeAllConnections();
			proxy.close();
			await server.stop();
		},
	};
}

async function publish(tarball: string, folder: string, port: number, trust: object) {
	const host = `//127.0.0.1:${port}/`;
	const options = [`--registry=https:${host}`, `--${host}:_authToken=anybody`];
	const env = { ...trust, npm_config_cache: join(folder, 'npm') };
	const limitMs = COMMAND_LIMIT_MS;
	await outputOf('npm', ['publish', tarball, ...options], { cwd: folder, env, limitMs });
}
