/**
 * Whose turn it is: the embedded database has one session, which all clients share. What a client sends up to
 * its Sync, or in one simple query, is carried out without another's between; and from its BEGIN to its
 * COMMIT no other client is served. (With @electric-sql/pglite-socket, messages of several clients mix, and
 * one gets the answer to the statement of another, as soon as a message comes in more than one piece.)
 */

/** The part of PGlite that is needed. */
export interface Engine {
  execProtocolRawStream(
    message: Uint8Array,
    options: { syncToFs?: boolean; onRawData: (data: Uint8Array) => void },
  ): Promise<void>;
  runExclusive<T>(body: () => Promise<T>): Promise<T>;
}

export interface Client {
  answer(bytes: Buffer): void;
  /** It has begun a transaction, and let others wait for too long. */
  evict(): void;
}

interface Unit {
  readonly client: Client;
  readonly messages: readonly Buffer[];
}

/** Others wait for the client in a transaction: it may have been stopped, and hold them up for ever. */
const MOST_IDLE_MS = 5000;
const ROLLBACK = simpleQuery('rollback');

export class Turns {
  readonly #engine: Engine;
  readonly #onFault: (error: unknown) => void;
  #units: Unit[] = [];
  /** In a transaction, or in the middle of a unit. */
  #owner: Client | undefined;
  #running: Client | undefined;
  readonly #gone = new WeakSet<Client>();
  #timer: NodeJS.Timeout | undefined;

  /** `onFault`: the engine itself has broken down. */
  constructor(engine: Engine, onFault: (error: unknown) => void) {
    this.#engine = engine;
    this.#onFault = onFault;
  }

  /** Whether a client has something under way. */
  isBusy(client: Client): boolean {
    return (
      this.#owner === client || this.#running === client || this.#units.some((unit) => unit.client === client)
    );
  }

  add(client: Client, messages: readonly Buffer[]): void {
    this.#units.push({ client, messages });
    void this.#serve();
  }

  /** It has gone: what it has not committed is undone. */
  leave(client: Client): void {
    if (this.#gone.has(client)) return;
    this.#gone.add(client);
    this.#units = this.#units.filter((unit) => unit.client !== client);
    // While its unit runs, what is to be undone is not known yet.
    if (this.#owner !== client || this.#running === client) return;
    this.#undo();
    void this.#serve();
  }

  async #serve(): Promise<void> {
    if (this.#running) return;
    for (let unit = this.#take(); unit; unit = this.#take()) {
      clearTimeout(this.#timer);
      this.#running = unit.client;
      let isOpen: boolean;
      try {
        isOpen = await this.#run(unit);
      } catch (error) {
        this.#onFault(error);
        return;
      }
      this.#running = undefined;
      this.#owner = isOpen ? unit.client : undefined;
      if (!isOpen) continue;
      if (this.#gone.has(unit.client)) this.#undo();
      else this.#watch(unit.client);
    }
  }

  #take(): Unit | undefined {
    const owner = this.#owner;
    const at = owner ? this.#units.findIndex(({ client }) => client === owner) : 0;
    return at < 0 ? undefined : this.#units.splice(at, 1)[0];
  }

  /** Whether its transaction, or the unit itself, goes on. */
  async #run({ client, messages }: Unit): Promise<boolean> {
    let last = Buffer.alloc(0);
    await this.#engine.runExclusive(async () => {
      for (const [index, message] of messages.entries())
        await this.#engine.execProtocolRawStream(message, {
          syncToFs: index === messages.length - 1,
          onRawData: (data) => {
            // A copy: the engine uses its memory again.
            const bytes = Buffer.from(data);
            last = bytes.length >= 6 ? bytes : Buffer.concat([last, bytes]);
            client.answer(bytes);
          },
        });
    });
    // ReadyForQuery: Z, its length, and I for no transaction.
    const ready = last.subarray(-6);
    return !(ready.toString('latin1', 0, 1) === 'Z' && ready[5] === 0x49);
  }

  #watch(client: Client): void {
    this.#timer = setTimeout(() => {
      if (this.#owner !== client || this.#running) return;
      if (this.#units.length > 0) client.evict();
      else this.#watch(client);
    }, MOST_IDLE_MS).unref();
  }

  /** What is open is undone in the next turn. */
  #undo(): void {
    const nothing: Client = { answer() {}, evict() {} };
    this.#owner = nothing;
    // Sync first: after an error, or in the middle of a unit, all else is skipped until it comes.
    this.#units.unshift({ client: nothing, messages: [SYNC, ROLLBACK] });
  }
}

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

function simpleQuery(text: string): Buffer {
  const bytes = Buffer.from(`Q\0\0\0\0${text}\0`);
  bytes.writeUInt32BE(bytes.length - 1, 1);
  return bytes;
}
