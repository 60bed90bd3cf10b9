/** What did not come to what was meant: conflicts side by side, and what the server refused. */
import type { ProblemRecord } from 'mosquitto-sync';
import { describeMeant, describeStands, isDeleted, nameOf, placeOf, theirName, type Line } from '../problems';
import { useStore } from '../store';
import type { World } from '../world';
import { Icon } from './icons';

function Lines({ lines }: { lines: readonly Line[] }) {
  return (
    <dl>
      {lines.map(({ label, value }, i) => (
        <div key={i}>
          {label !== '' && <dt>{label}</dt>}
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Conflict({ record }: { record: ProblemRecord }) {
  const theirs = theirName(record);
  return (
    <article className="problem conflict" aria-labelledby={`p-${record.key}`}>
      <h3 id={`p-${record.key}`}>
        <Icon name="fork" />
        {record.status === 'lost'
          ? `The server was restored and has lost your change of “${nameOf(record)}”`
          : `You and ${theirs} both changed “${nameOf(record)}”`}
      </h3>
      <div className="sides">
        <section aria-label="Mine">
          <h4>Mine</h4>
          <Lines lines={describeMeant(record)} />
          <button type="button" className="button primary" onClick={() => void record.retry()}>
            Keep mine
          </button>
        </section>
        <section aria-label="Theirs">
          <h4>{theirs === 'somebody' ? 'Theirs' : theirs}</h4>
          <Lines lines={describeStands(record)} />
          <button type="button" className="button" onClick={() => void record.discard()}>
            Keep theirs
          </button>
        </section>
      </div>
    </article>
  );
}

function Deleted({ record }: { record: ProblemRecord }) {
  return (
    <article className="problem conflict" aria-labelledby={`p-${record.key}`}>
      <h3 id={`p-${record.key}`}>
        <Icon name="fork" />
        {`What you changed in ${placeOf(record)} has been deleted meanwhile`}
      </h3>
      <Lines lines={describeMeant(record)} />
      <div className="row">
        <button type="button" className="button" onClick={() => void record.discard()}>
          Discard my change
        </button>
      </div>
    </article>
  );
}

function Rejected({ record }: { record: ProblemRecord }) {
  const revoked = record.status === 'revoked';
  const where = record.error.path ? ` (at ${record.error.path})` : '';
  return (
    <article className="problem rejected" aria-labelledby={`p-${record.key}`}>
      <h3 id={`p-${record.key}`}>
        <Icon name="stop" />
        {revoked
          ? `${placeOf(record)} was taken from you before this was sent`
          : `The server cannot take this in ${placeOf(record)}`}
      </h3>
      <Lines lines={describeMeant(record)} />
      <p className="reason">{`${record.error.message}${where}`}</p>
      <div className="row">
        {!revoked && (
          <button type="button" className="button" onClick={() => void record.retry()}>
            Try again
          </button>
        )}
        <button type="button" className="button" onClick={() => void record.discard()}>
          Discard
        </button>
      </div>
    </article>
  );
}

export function Attention({ world }: { world: World }) {
  const problems = useStore(world.problems);
  if (problems.length === 0) return null;
  const isRefusal = ({ status }: ProblemRecord) => status === 'rejected' || status === 'revoked';
  return (
    <section className="attention" aria-label="Needs your decision">
      {problems.map((record) => {
        const Card = isRefusal(record) ? Rejected : isDeleted(record) ? Deleted : Conflict;
        return <Card key={record.key} record={record} />;
      })}
    </section>
  );
}
