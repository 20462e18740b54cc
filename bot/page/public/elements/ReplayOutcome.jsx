import { Check, CircleHelp, X } from "lucide-react";

// props: { kind: hit | miss | none, verdict, note, rank, against, candidates: [{ rank, score,
// shared, photo, labels }], shared: { photo, labels } }. Every address is one of our own routes.

const LOOK = `
.pp-outcome { width: 100%; display: grid; grid-template-columns: minmax(0, 1fr) minmax(180px, 15rem); gap: 12px 18px; margin-top: .25rem; }
.pp-verdict { grid-column: 1 / -1; display: flex; gap: 8px; align-items: center; margin: 0; padding: 10px 14px; border-radius: 12px; font-weight: 600; font-size: .9375rem; color: #fff; background: #6b6880; }
.pp-outcome[data-kind="hit"] .pp-verdict { background: #1f7a4d; }
.pp-outcome[data-kind="miss"] .pp-verdict { background: #b3261e; }
.pp-verdict svg { flex: none; }
.pp-note::first-letter { text-transform: uppercase; }
.pp-outcome h4 { margin: 0 0 6px; font-size: .8125rem; font-weight: 600; color: hsl(var(--muted-foreground)); }
.pp-ranked { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 8px; }
.pp-ranked[data-against="labels"] { grid-template-columns: 1fr; gap: 4px; }
.pp-one { position: relative; border-radius: 12px; overflow: hidden; background: hsl(var(--muted)); border: 3px solid transparent; }
.pp-one[data-shared="true"] { border-color: #2a9d63; }
.pp-one img, .pp-real img { display: block; width: 100%; object-fit: cover; }
.pp-one img { aspect-ratio: 1; }
.pp-one button, .pp-real button { display: block; width: 100%; padding: 0; border: 0; background: none; cursor: zoom-in; }
.pp-rank { position: absolute; left: 6px; top: 6px; padding: 3px 7px; border-radius: 999px; font-size: .75rem; font-weight: 600; line-height: 1; color: #fff; background: rgb(20 12 40 / .72); }
.pp-score { position: absolute; right: 6px; bottom: 6px; padding: 3px 7px; border-radius: 999px; font-size: .6875rem; line-height: 1; color: #fff; background: rgb(20 12 40 / .72); }
.pp-text { display: grid; grid-template-columns: 2rem 1fr auto; gap: 8px; padding: 6px 10px; font-size: .8125rem; }
.pp-text span:first-child, .pp-text span:last-child { color: hsl(var(--muted-foreground)); }
.pp-real figure { margin: 0; overflow: hidden; border-radius: 12px; background: hsl(var(--muted)); border: 3px solid #6b6880; }
.pp-outcome[data-kind="hit"] .pp-real figure { border-color: #2a9d63; }
.pp-outcome[data-kind="miss"] .pp-real figure { border-color: #d5473f; }
.pp-real figcaption { padding: 8px 10px; font-size: .8125rem; overflow-wrap: anywhere; }
.pp-real figcaption p { margin: 0 0 4px; }
.pp-note { grid-column: 1 / -1; margin: 0; font-size: .8125rem; color: hsl(var(--muted-foreground)); }
@media (max-width: 640px) { .pp-outcome { grid-template-columns: minmax(0, 1fr); } .pp-real { order: -1; } .pp-verdict { order: -2; } .pp-real img { max-height: 34vh; } }
`;

const MARKS = { hit: Check, miss: X, none: CircleHelp };

export default function ReplayOutcome() {
  const { kind, candidates, shared, against } = props;
  const Mark = MARKS[kind];

  const suggested = candidates.map((one) => one.photo).filter(Boolean);
  const look = (photo, opener) => {
    const among = suggested.includes(photo) ? suggested : [photo];
    photopal.openViewer({ photos: among, index: among.indexOf(photo), opener });
  };
  const picture = (photo) => (
    <button
      type="button"
      aria-label={`Look closer: ${photo.alt}`}
      onClick={(event) => look(photo, event.currentTarget)}
    >
      <img src={photo.thumb} alt={photo.alt} title={photo.caption} draggable="false" />
    </button>
  );

  return (
    <div className="pp-outcome" data-kind={kind}>
      <style>{LOOK}</style>
      <p className="pp-verdict">
        <Mark size={18} aria-hidden /> {props.verdict}
      </p>
      <section>
        <h4>{against === "labels" ? "Photopal would look for these labels" : "Photopal suggests"}</h4>
        {candidates.length === 0 && <p className="pp-note">Nothing.</p>}
        <ol className="pp-ranked" data-against={against}>
          {candidates.map((one) => (
            <li
              key={one.rank}
              className={one.photo ? "pp-one" : "pp-one pp-text"}
              data-shared={one.shared}
            >
              {one.photo ? (
                <>
                  {picture(one.photo)}
                  <span className="pp-rank">
                    {one.rank}
                    {one.shared ? " shared" : ""}
                  </span>
                  <span className="pp-score">{one.score.toFixed(3)}</span>
                </>
              ) : (
                <>
                  <span>{one.rank}</span>
                  <span>{one.labels}</span>
                  <span>{one.score.toFixed(3)}</span>
                </>
              )}
            </li>
          ))}
        </ol>
      </section>
      <section className="pp-real">
        <h4>Really shared</h4>
        <figure>
          {shared.photo && picture(shared.photo)}
          <figcaption>
            {props.rank !== null && (
              <p>
                <strong>
                  {kind === "hit" ? "Hit" : "Miss"}, number {props.rank}
                </strong>
              </p>
            )}
            {!shared.photo && <p>The photo is not here.</p>}
            {shared.labels && <span>Labels: {shared.labels}</span>}
          </figcaption>
        </figure>
      </section>
      {props.note && <p className="pp-note">{props.note}.</p>}
    </div>
  );
}
