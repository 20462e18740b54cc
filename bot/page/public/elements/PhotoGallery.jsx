import { useEffect, useRef, useState } from "react";
import { Check, ChevronDown, ChevronUp, Heart, ImageOff, Images, Plus, Share2, ThumbsDown, ThumbsUp, X } from "lucide-react";

// props: { photos: [card, …], quiet, mix, question: { id, text, answers } }, best first; quiet ones
// are small; mix is how much a picture and words counted: { key, parts: [{ part, label, weight },
// …] } or null. A card is what
// bot/page/gallery.py makes of a photo: { id, name, alt, caption, day, taken, ratio, thumb, view,
// favourite, vote, similar: [card, …] }. Every address is one of our own routes.

const WORDS = {
  en: { up: "Good one", down: "Not a good one", noted: "The next photos will be more like it.", against: "The next photos will be less like it." },
  de: { up: "Gutes Foto", down: "Kein gutes Foto", noted: "Die nächsten Fotos werden ihm ähnlicher.", against: "Die nächsten Fotos werden ihm weniger ähnlich." },
  zh: { up: "这张好", down: "这张不好", noted: "接下来的照片会更像这张。", against: "接下来的照片会不太像这张。" },
};
const words = WORDS[(navigator.language || "en").slice(0, 2).toLowerCase()] || WORDS.en;

const MARKED = "photopal:marked";

// Our words in the browser's language (words.js); English until they are there.
const say = (english, values = {}) =>
  window.photopal?.say
    ? photopal.say(english, values)
    : english.replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);

// Chainlit makes every element anew when a message comes, so what must last lies outside of them:
// what became of photos by id, { favourite, hidden, gone, share, vote }, and how a gallery is seen.
const marks = (window.photopalMarks ||= {});
const seen = (window.photopalSeen ||= {});

/** Every gallery of the page hears what became of a photo. */
function mark(id, change) {
  marks[id] = { ...marks[id], ...change };
  dispatchEvent(new Event(MARKED));
}

function useMarks() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const hear = () => redraw((now) => now + 1);
    addEventListener(MARKED, hear);
    return () => removeEventListener(MARKED, hear);
  }, []);
  return (photo) => marks[photo.id] || {};
}

function useSeen(key, first) {
  const [value, set] = useState(key in seen ? seen[key] : first);
  return [value, (next) => set((seen[key] = next))];
}

async function ask(name, payload) {
  const answer = await callAction({ name, payload });
  return (answer && answer.response) || {};
}

function ShareButton({ photo, state, onShare }) {
  const label = say({ busy: "Sharing…", done: "Shared", failed: "Try again" }[state] || "Share");
  return (
    <button
      type="button"
      className="pp-share"
      data-state={state || "ready"}
      disabled={state === "busy"}
      aria-label={`${label}: ${photo.alt}`}
      onClick={() => onShare([photo])}
    >
      {state === "done" ? <Check size={15} aria-hidden /> : <Share2 size={15} aria-hidden />}
      <span>{label}</span>
    </button>
  );
}

function Thumbs({ photo, vote, onRate }) {
  const thumb = (kind, Icon) => (
    <button
      type="button"
      data-thumb={kind}
      aria-pressed={vote === kind}
      aria-label={`${words[kind]}: ${photo.alt}`}
      title={words[kind]}
      onClick={() => onRate(photo, vote === kind ? "" : kind)}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
  return (
    <span className="pp-thumbs">
      {thumb("up", ThumbsUp)}
      {thumb("down", ThumbsDown)}
    </span>
  );
}

function Tile({ photo, small, gone, picking, picked, onGone, onOpen, onPick, ...more }) {
  const similar = photo.similar || [];
  const look = small ? "pp-tile pp-small" : "pp-tile";
  const place = { className: look, style: { "--ratio": photo.ratio }, "data-photo": photo.id };
  if (gone) {
    return (
      <li {...place}>
        <p className="pp-gone">
          <ImageOff size={20} aria-hidden />
          {say("This photo is gone from the disk.")}
        </p>
      </li>
    );
  }
  return (
    <li {...place} data-view={photo.view} data-name={photo.name}>
      <button
        type="button"
        className="pp-open"
        aria-label={`${say(picking ? "Choose" : "Look closer")}: ${photo.alt}`}
        aria-pressed={picking ? picked : undefined}
        onClick={(event) => (picking ? onPick(photo) : onOpen(photo, event.currentTarget))}
      >
        <img src={photo.thumb} alt={photo.alt} draggable="false" onError={() => onGone(photo)} />
      </button>
      {picking && (
        <span className="pp-check" data-on={picked} aria-hidden>
          {picked && <Check size={16} />}
        </span>
      )}
      {!picking && similar.length > 0 && (
        <button
          type="button"
          className="pp-chip"
          aria-expanded={more.expanded}
          onClick={() => more.onExpand(photo)}
        >
          <Images size={13} aria-hidden />
          <span>{say("+{count} similar", { count: similar.length })}</span>
          {more.expanded ? <ChevronUp size={13} /> : <ChevronDown size={13} />}
        </button>
      )}
      {photo.day && <span className="pp-day">{photo.day}</span>}
      {!picking && !small && (
        <button
          type="button"
          className="pp-heart"
          aria-pressed={more.favourite}
          aria-label={`${say("Favourite")}: ${photo.alt}`}
          title={say(more.favourite ? "No favourite any more" : "Favourite")}
          onClick={() => more.onFavourite(photo)}
        >
          <Heart size={18} aria-hidden />
        </button>
      )}
      {!picking && <Thumbs photo={photo} vote={more.vote} onRate={more.onRate} />}
      {!picking && <ShareButton photo={photo} state={more.shareState} onShare={more.onShare} />}
    </li>
  );
}

/** What a picture and words counted: pressing a part makes it count more, the cross drops it. */
function Mix({ mix }) {
  const [busy, setBusy] = useState(false);
  const weigh = async (part, how) => {
    setBusy(true);
    try {
      await ask("weigh", { key: mix.key, part, how });
    } finally {
      setBusy(false);
    }
  };
  return (
    <ul className="pp-mix" aria-label={say("What was looked for")}>
      {mix.parts.map(({ part, label, weight }) => {
        const name = part === "picture" ? say(label) : label;
        const percent = Math.round(weight * 100);
        const said = (
          <>
            <span className="pp-part">{name}</span> <strong>{percent} %</strong>
          </>
        );
        if (!mix.key) return <li key={part}><span className="pp-weigh">{said}</span></li>;
        return (
          <li key={part}>
            <button
              type="button"
              className="pp-weigh"
              disabled={busy || weight >= 0.9}
              aria-label={say("Count {name} more: now {percent} %", { name, percent })}
              title={say("Count more")}
              onClick={() => weigh(part, "more")}
            >
              {said}
              <Plus size={14} aria-hidden />
            </button>
            <button
              type="button"
              className="pp-drop"
              disabled={busy}
              aria-label={say("Leave out {name}", { name })}
              title={say("Leave out")}
              onClick={() => weigh(part, "drop")}
            >
              <X size={14} aria-hidden />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** The answers to a question about the newest photos; older ones have had their time. */
function Answers({ question }) {
  const [given, setGiven] = useSeen(`answer ${question.id}`, null);
  const [newest, setNewest] = useState(true);
  const here = useRef(null);
  useEffect(() => {
    const last = [...document.querySelectorAll(".pp-gallery")].pop();
    setNewest(!last || last.contains(here.current));
  });
  const answer = (number) => {
    setGiven(number);
    ask("answer_question", { question: question.id, answer: number });
  };
  return (
    <div ref={here} className="pp-answers" role="group" aria-label={question.text} hidden={!newest}>
      {question.answers.map((label, number) => (
        <button
          key={label}
          type="button"
          aria-pressed={given === number}
          disabled={given !== null}
          onClick={() => answer(number)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

export default function PhotoGallery() {
  const me = (props.photos || []).map((photo) => photo.id).join(" ");
  const [expanded, setExpanded] = useSeen(`expanded ${me}`, null);
  const [byDate, setByDate] = useSeen(`dated ${me}`, false);
  const [picked, setPicked] = useSeen(`picked ${me}`, null); // ids while several are chosen
  const marked = useMarks();
  // Another gallery is the newest now: the older ones look whether they still ask something.
  useEffect(() => {
    dispatchEvent(new Event(MARKED));
  }, []);

  const best = (props.photos || []).filter((photo) => !marked(photo).hidden);
  // The newest first; those without a date at the end.
  const newest = [...best].sort((one, other) => other.taken.localeCompare(one.taken));
  const photos = byDate ? newest : best;

  useEffect(() => {
    if (picked === null) return;
    const leave = (event) => event.key === "Escape" && setPicked(null);
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [picked === null]);

  const isFavourite = (photo) => marked(photo).favourite ?? photo.favourite;

  const share = async (chosen) => {
    const set = (state) => chosen.forEach((one) => mark(one.id, { share: state }));
    set("busy");
    const ids = chosen.map((photo) => photo.id);
    let state = "failed";
    try {
      const sheet = await photopal.shareSheet(chosen);
      if (sheet === "cancelled") return set(undefined);
      const answer = await ask("share_photo", { photo_id: ids[0], photo_ids: ids });
      if (answer.ok) state = "done";
      if (answer.again) photopal.showShared(ids[0]);
    } catch (error) {
      console.warn("sharing failed", error);
    }
    set(state);
    chosen.forEach((photo) => (photo.shared = state === "done"));
  };

  const favourite = async (photo) => {
    const on = !isFavourite(photo);
    const answer = await ask("favourite_photo", { photo_id: photo.id, on });
    if (!answer.ok) return;
    photo.favourite = on;
    mark(photo.id, { favourite: on });
  };

  const rate = async (photo, vote) => {
    if (!(await ask("rate_photo", { photo_id: photo.id, vote })).ok) return;
    mark(photo.id, { vote });
    if (vote) photopal.note(vote === "up" ? words.noted : words.against);
  };

  const hide = async (photo) => {
    const put = (on) => ask("hide_photo", { photo_id: photo.id, on });
    if (!(await put(true)).ok) return;
    mark(photo.id, { hidden: true });
    const show = async () => {
      if ((await put(false)).ok) mark(photo.id, { hidden: false });
    };
    photopal.note(say("Hidden: it will not be suggested again."), { label: say("Undo"), run: show });
  };

  const actions = {
    share: (photo) => share([photo]),
    moreLike: (photo) => ask("more_like", { photo_id: photo.id }),
    notThis: (photo) => ask("not_this", { photo_id: photo.id }),
    favourite,
    hide,
  };
  const open = (list) => (photo, opener) => {
    const shown = list.map((one) => {
      const { gone, share: state } = marked(one);
      return { ...one, gone, favourite: isFavourite(one), shared: state === "done" };
    });
    photopal.openViewer({ photos: shown, index: list.indexOf(photo), opener, actions });
  };

  const order = (dated) => {
    setByDate(dated);
    // "Share the second" means the second that is seen.
    ask("order_photos", { photo_ids: (dated ? newest : best).map((photo) => photo.id) });
  };

  const pick = (photo) =>
    setPicked(
      picked.includes(photo.id) ? picked.filter((id) => id !== photo.id) : [...picked, photo.id],
    );
  const chosen = photos.filter((photo) => picked?.includes(photo.id));

  const tile = (list, small) => (photo) => (
    <Tile
      key={photo.id}
      photo={photo}
      small={small}
      gone={marked(photo).gone}
      picking={picked !== null && !small}
      picked={picked?.includes(photo.id)}
      favourite={isFavourite(photo)}
      vote={marked(photo).vote ?? photo.vote}
      onRate={rate}
      expanded={expanded === photo.id}
      onFavourite={favourite}
      onGone={(one) => mark(one.id, { gone: true })}
      onOpen={open(list)}
      onPick={pick}
      onExpand={(one) => setExpanded(expanded === one.id ? null : one.id)}
      shareState={marked(photo).share}
      onShare={share}
    />
  );

  const group = photos.find((photo) => photo.id === expanded);
  const dated = photos.filter((photo) => photo.taken).length > 1;
  const several = photos.length > 1 && !props.quiet;
  return (
    <div className={props.quiet ? "pp-gallery pp-quiet" : "pp-gallery"}>
      {props.mix && <Mix mix={props.mix} />}
      {props.question && <Answers question={props.question} />}
      <ol
        className="pp-row"
        aria-label={say(byDate ? "Photos, the newest first" : "Photos that fit, best first")}
      >
        {photos.map(tile(photos, false))}
      </ol>
      {several && (
        <div className="pp-bar">
          {picked === null ? (
            <>
              {dated && (
                <button type="button" aria-pressed={byDate} onClick={() => order(!byDate)}>
                  {say(byDate ? "Newest first" : "Best first")}
                </button>
              )}
              <button type="button" onClick={() => setPicked([])}>
                {say("Choose several")}
              </button>
            </>
          ) : (
            <>
              <button
                type="button"
                className="pp-main"
                disabled={!chosen.length}
                onClick={() => share(chosen).then(() => setPicked(null))}
              >
                {say("Share")} {chosen.length || ""}
              </button>
              <button
                type="button"
                disabled={chosen.length !== 1}
                title={say("A clipboard holds one picture.")}
                onClick={() => photopal.copyPicture(chosen[0])}
              >
                {say("Copy")}
              </button>
              <button
                type="button"
                disabled={!chosen.length}
                onClick={() => photopal.downloadPictures(chosen)}
              >
                {say("Download")}
              </button>
              <button
                type="button"
                disabled={chosen.length < 2}
                aria-label={say("As one file (zip)")}
                title={say("As one file (zip)")}
                onClick={() => photopal.downloadTogether(chosen)}
              >
                Zip
              </button>
              <button type="button" onClick={() => setPicked(null)}>
                {say("Cancel")}
              </button>
            </>
          )}
        </div>
      )}
      {group && (
        <section className="pp-similar" aria-label={say("Similar to {name}", { name: group.alt })}>
          <p>{say("Similar to {name}", { name: group.alt })}</p>
          <ol className="pp-row">{group.similar.map(tile(group.similar, true))}</ol>
        </section>
      )}
    </div>
  );
}
