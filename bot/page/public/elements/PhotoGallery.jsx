import { useState } from "react";
import { Check, ChevronDown, ChevronUp, Images, Share2 } from "lucide-react";
import { Dialog, DialogContent, DialogDescription, DialogTitle } from "@/components/ui/dialog";

// props: { photos: [{ id, alt, caption, ratio, thumb, view, similar: [photo, …] }, …], quiet },
// best first; quiet ones are small. Every address is one of our own routes.

function ShareButton({ photo, state, onShare }) {
  const label = { busy: "Sharing…", done: "Shared", failed: "Try again" }[state] || "Share";
  return (
    <button
      type="button"
      className="pp-share"
      data-state={state || "ready"}
      disabled={state === "busy"}
      aria-label={`${label}: ${photo.alt}`}
      onClick={() => onShare(photo)}
    >
      {state === "done" ? <Check size={15} aria-hidden /> : <Share2 size={15} aria-hidden />}
      <span>{label}</span>
    </button>
  );
}

function Tile({ photo, small, expanded, onOpen, onExpand, shareState, onShare }) {
  const similar = photo.similar || [];
  return (
    <li
      className={small ? "pp-tile pp-small" : "pp-tile"}
      style={{ "--ratio": photo.ratio }}
      data-photo={photo.id}
    >
      <button
        type="button"
        className="pp-open"
        aria-label={`Look closer: ${photo.alt}`}
        onClick={() => onOpen(photo)}
      >
        <img src={photo.thumb} alt={photo.alt} title={photo.caption} draggable="false" />
      </button>
      {similar.length > 0 && (
        <button
          type="button"
          className="pp-chip"
          aria-expanded={expanded}
          onClick={() => onExpand(photo)}
        >
          <Images size={13} aria-hidden />
          <span>+{similar.length} similar</span>
          {expanded ? <ChevronUp size={13} aria-hidden /> : <ChevronDown size={13} aria-hidden />}
        </button>
      )}
      <ShareButton photo={photo} state={shareState} onShare={onShare} />
    </li>
  );
}

export default function PhotoGallery() {
  const photos = props.photos || [];
  const [open, setOpen] = useState(null);
  const [expanded, setExpanded] = useState(null);
  const [shares, setShares] = useState({});

  const share = async (photo) => {
    setShares((now) => ({ ...now, [photo.id]: "busy" }));
    let state = "failed";
    try {
      const answer = await callAction({ name: "share_photo", payload: { photo_id: photo.id } });
      if (answer && answer.response && answer.response.ok) state = "done";
    } catch (error) {
      console.warn("sharing failed", error);
    }
    setShares((now) => ({ ...now, [photo.id]: state }));
  };

  const tile = (photo, small) => (
    <Tile
      key={photo.id}
      photo={photo}
      small={small}
      expanded={expanded === photo.id}
      onOpen={setOpen}
      onExpand={(one) => setExpanded(expanded === one.id ? null : one.id)}
      shareState={shares[photo.id]}
      onShare={share}
    />
  );

  const group = photos.find((photo) => photo.id === expanded);
  return (
    <div className={props.quiet ? "pp-gallery pp-quiet" : "pp-gallery"}>
      <ol className="pp-row" aria-label="Photos that fit, best first">
        {photos.map((photo) => tile(photo, false))}
      </ol>
      {group && (
        <section className="pp-similar" aria-label={`Similar to ${group.alt}`}>
          <p>Similar to {group.caption}</p>
          <ol className="pp-row">{group.similar.map((photo) => tile(photo, true))}</ol>
        </section>
      )}
      <Dialog open={open !== null} onOpenChange={(isOpen) => !isOpen && setOpen(null)}>
        {open && (
          <DialogContent className="pp-dialog">
            <DialogTitle className="pp-title">{open.caption}</DialogTitle>
            <DialogDescription className="pp-hidden">{open.alt}</DialogDescription>
            <div className="pp-view">
              <img src={open.view} alt={open.alt} style={{ aspectRatio: String(open.ratio) }} />
            </div>
            <ShareButton photo={open} state={shares[open.id]} onShare={share} />
          </DialogContent>
        )}
      </Dialog>
    </div>
  );
}
