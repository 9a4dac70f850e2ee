-- Techniques are asked for by whose they are, or counted in tag_hour: nobody walks this one, and each tag paid for it.
drop index tag_by_technique;
