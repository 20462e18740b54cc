-- The ids of photos by day, place and camera, read from an index alone: with a million photos, a
-- look at each photo's row would take longer than the search that a filter is for.
DROP INDEX photo_taken_on;
DROP INDEX photo_place;
DROP INDEX photo_camera;
CREATE INDEX photo_taken_on ON photo (taken_on) WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_place ON photo (country, region, city) WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_camera ON photo (camera) WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_favourite ON photo (favourite) WHERE favourite <> 0;
