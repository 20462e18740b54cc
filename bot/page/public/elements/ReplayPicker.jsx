import { useEffect, useMemo, useState } from "react";
import { Image as Photo } from "lucide-react";

// props: { files: [name, …], number }. The dialogues of a file come from the action replay_list:
// { name, dialogues: [{ id, opening, text, turns, share }, …], more } or { error }.

const LOOK = `
.pp-pick { width: 100%; max-width: 44rem; border: 1px solid hsl(var(--border)); border-radius: 14px; overflow: hidden; background: hsl(var(--card)); }
.pp-pick-top { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px; border-bottom: 1px solid hsl(var(--border)); }
.pp-pick select, .pp-pick input { height: 36px; padding: 0 10px; border: 1px solid hsl(var(--input)); border-radius: 10px; background: hsl(var(--background)); color: inherit; font-size: .875rem; min-width: 0; }
.pp-pick input { flex: 1 1 12rem; }
.pp-pick select { flex: 0 1 auto; max-width: 100%; }
.pp-pick ul { list-style: none; margin: 0; padding: 4px; max-height: 21rem; overflow-y: auto; }
.pp-pick li button { display: grid; grid-template-columns: 3.5rem 1fr auto; gap: 10px; align-items: baseline; width: 100%; padding: 8px 10px; border: 0; border-radius: 10px; background: none; color: inherit; text-align: left; font-size: .875rem; cursor: pointer; }
.pp-pick li button:hover, .pp-pick li button:focus-visible { background: hsl(var(--accent)); outline: none; }
.pp-pick-id { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.pp-pick-text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.pp-pick-facts { display: inline-flex; gap: 6px; align-items: center; color: hsl(var(--muted-foreground)); font-size: .75rem; white-space: nowrap; }
.pp-pick p { margin: 0; padding: 10px 14px; color: hsl(var(--muted-foreground)); font-size: .8125rem; }
@media (max-width: 640px) { .pp-pick li button { grid-template-columns: 2.5rem 1fr; } .pp-pick-facts { grid-column: 2; } }
`;

const SHOWN = 200;
const AROUND = 40; // characters shown before what was found

/** The words around what was found, or the opening where it is found there already. */
function excerpt(one, words) {
  const at = one.text.toLowerCase().indexOf(words);
  if (!words || at < 0 || one.opening.toLowerCase().includes(words)) return one.opening;
  const from = Math.max(0, at - AROUND);
  return (from ? "…" : "") + one.text.slice(from, at + 90);
}

export default function ReplayPicker() {
  const [number, setNumber] = useState(props.number || 0);
  const [list, setList] = useState(null);
  const [asked, setAsked] = useState("");
  const [opening, setOpening] = useState(null);

  useEffect(() => {
    let current = true;
    setList(null);
    callAction({ name: "replay_list", payload: { file: number } })
      .then((answer) => {
        if (current) setList(answer?.response || { error: "The list could not be fetched." });
      })
      .catch(() => current && setList({ error: "The list could not be fetched." }));
    return () => {
      current = false;
    };
  }, [number]);

  const words = asked.toLowerCase().trim();
  const found = useMemo(() => {
    return (list?.dialogues || []).filter(
      (one) => !words || one.id === words || one.text.toLowerCase().includes(words),
    );
  }, [list, words]);

  const open = async (one) => {
    setOpening(one.id);
    try {
      await callAction({ name: "replay_open", payload: { file: number, dialogue: one.id } });
    } finally {
      setOpening(null);
    }
  };

  return (
    <div className="pp-pick">
      <style>{LOOK}</style>
      <div className="pp-pick-top">
        {props.files.length > 1 && (
          <select
            aria-label="File"
            value={number}
            onChange={(event) => setNumber(Number(event.target.value))}
          >
            {props.files.map((name, index) => (
              <option key={index} value={index}>
                {name}
              </option>
            ))}
          </select>
        )}
        <input
          type="search"
          aria-label="Search the dialogues"
          placeholder="Words or an id"
          value={asked}
          onChange={(event) => setAsked(event.target.value)}
        />
      </div>
      {list === null && <p>Reading the dialogues…</p>}
      {list?.error && <p role="alert">{list.error}</p>}
      {list?.dialogues && (
        <ul aria-label={`Dialogues of ${list.name}`}>
          {found.slice(0, SHOWN).map((one) => (
            <li key={one.id}>
              <button type="button" disabled={opening !== null} onClick={() => open(one)}>
                <span className="pp-pick-id">{one.id}</span>
                <span className="pp-pick-text">{excerpt(one, words) || "(no words)"}</span>
                <span className="pp-pick-facts">
                  {one.turns} turns
                  {one.share !== null && (
                    <>
                      <Photo size={13} aria-hidden /> at {one.share}
                    </>
                  )}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {list?.dialogues && (
        <p>
          {found.length > SHOWN
            ? `${SHOWN} of ${found.length} shown: search for more.`
            : `${found.length} dialogue${found.length === 1 ? "" : "s"}.`}
          {list.more > 0 && ` ${list.more} more are not listed: type an id in the chat.`}
        </p>
      )}
    </div>
  );
}
