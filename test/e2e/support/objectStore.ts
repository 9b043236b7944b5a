/** A store that speaks as much of S3's protocol as n8n's S3 node needs: list a folder, read and write files. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ObjectStore {
	/** What n8n's S3 credential takes. */
	credential: Record<string, string | boolean>;
	/** The files by their keys. */
	readonly files: Map<string, Buffer>;
	close(): void;
}

const listOf = (keys: string[], files: ReadonlyMap<string, Buffer>): string => {
	const entries = keys.map(
		(key) => `<Contents><Key>${key}</Key><Size>${files.get(key)?.length}</Size></Contents>`,
	);
	return `<ListBucketResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListBucketResult>`;
};

/** @param bucket the only one that it has */
export async function startObjectStore(bucket: string): Promise<ObjectStore> {
	const files = new Map<string, Buffer>();
	const server = createServer((request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
		const key = decodeURIComponent(pathname.slice(`/${bucket}/`.length));
		const signed = /^AWS4-HMAC-SHA256 Credential=key\//.test(request.headers.authorization ?? '');
		if (!signed || !`${pathname}/`.startsWith(`/${bucket}/`)) {
			response.writeHead(403).end();
		} else if (request.method === 'PUT') {
			void buffer(request).then((file) => {
				files.set(key, file);
				response.end();
			});
		} else if (searchParams.has('location')) {
			response.end('<LocationConstraint/>');
		} else if (searchParams.has('list-type')) {
			const prefix = searchParams.get('prefix') ?? '';
			const keys = [...files.keys()].filter((name) => name.startsWith(prefix));
			response.end(listOf(keys, files));
		} else {
			response.writeHead(files.has(key) ? 200 : 404, { 'content-type': 'image/png' });
			response.end(files.get(key));
		}
	});
	await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
	const { port } = server.address() as AddressInfo;
	return {
		files,
		credential: {
			endpoint: `http://127.0.0.1:${port}`,
			region: 'us-east-1',
			accessKeyId: 'key',
			secretAccessKey: 'secret',
			forcePathStyle: true,
		},
		close: () => server.close(),
	};
}
