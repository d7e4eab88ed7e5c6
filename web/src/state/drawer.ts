/** What a till keeps on its device, so that it sells on without a network: IndexedDB. */
export type Store = 'desk' | 'sales';

const NAME = 'feira-till';
const STORES: readonly Store[] = ['desk', 'sales'];

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const store of STORES) asked.result.createObjectStore(store);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function inStore<T>(
  store: Store,
  mode: IDBTransactionMode,
  work: (kept: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const transaction = (await open()).transaction(store, mode, { durability: 'strict' });
  const request = work(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Comes back when it is on the disk. */
export const keep = (store: Store, key: string, value: unknown): Promise<unknown> =>
  inStore(store, 'readwrite', (kept) => kept.put(value, key));

export const read = <T>(store: Store, key: string): Promise<T | undefined> =>
  inStore(store, 'readonly', (kept) => kept.get(key) as IDBRequest<T | undefined>);

export const readAll = <T>(store: Store): Promise<T[]> =>
  inStore(store, 'readonly', (kept) => kept.getAll() as IDBRequest<T[]>);

export const clear = (store: Store): Promise<unknown> =>
  inStore(store, 'readwrite', (kept) => kept.clear());
