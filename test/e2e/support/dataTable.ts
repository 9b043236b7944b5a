/** n8n's data tables, over the REST interface of its editor. */
import type { N8nClient } from '../../../tooling/n8n/client';

export type ColumnType = 'string' | 'number';

const PAGE = 100;

/** A data table of the owner's personal project. */
export class DataTable<Row> {
	private constructor(
		private readonly client: N8nClient,
		private readonly path: string,
	) {}

	static async create<Row>(
		client: N8nClient,
		name: string,
		columns: Record<string, ColumnType>,
	): Promise<DataTable<Row>> {
		const project = await client.request<{ id: string }>('GET', '/projects/personal');
		const path = `/projects/${project.id}/data-tables`;
		const { id } = await client.request<{ id: string }>('POST', path, {
			name,
			columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
		});
		return new DataTable(client, `${path}/${id}`);
	}

	async insert(rows: Array<Partial<Row>>): Promise<void> {
		await this.client.request('POST', `${this.path}/insert`, { data: rows, returnType: 'count' });
	}

	/** All rows, in the order of their IDs. */
	async rows(): Promise<Row[]> {
		const rows: Row[] = [];
		for (;;) {
			const query = new URLSearchParams({
				skip: String(rows.length),
				take: String(PAGE),
				sortBy: 'id:asc',
			});
			const { count, data } = await this.client.request<{ count: number; data: Row[] }>(
				'GET',
				`${this.path}/rows?${query}`,
			);
			rows.push(...data);
			if (data.length === 0 || rows.length >= count) return rows;
		}
	}
}
